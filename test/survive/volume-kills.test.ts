import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SeededRandom } from "@firn/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Ext4Load } from "./ext4-load.ts";
import { DeathWatch } from "./load.ts";
import { ServerProcess, firn, freePorts } from "./server-process.ts";
import { VolumeLoad } from "./volume-load.ts";

/**
 * The real server under an NBD client and a kernel's ext4, killed without warning at random
 * moments. Needs root, FUSE, loop devices and the programs of test:clients, so it belongs to the
 * long tier alone.
 */
const isLongTier = process.env["FIRN_BUDGET_SECONDS"] !== undefined;
const KILLS = Number(process.env["FIRN_VOLUME_KILLS"] ?? 200);
const seed = Number(process.env["FIRN_SEED"] ?? 1 + (Date.now() % 1_000_000));
/** A server lives at most so long after its clients' first answers, in ms. */
const LIFE_MS = 400;
/** The whole directory is checked once in so many kills. */
const CHECK_ONE_IN = 20;
/** Far above what a cycle takes, so that a hang ends with a message. */
const CYCLE_MS_MAX = 60_000;

let directory: string;
let folder: string;
let running: ServerProcess | undefined;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "firn-kills-"));
  folder = await mkdtemp(join(tmpdir(), "firn-kernel-"));
});

afterAll(async () => {
  await running?.kill();
  await rm(directory, { recursive: true, force: true });
  await rm(folder, { recursive: true, force: true });
});

async function start(): Promise<ServerProcess> {
  const [port = 0, nbdPort = 0] = await freePorts(2);
  running = new ServerProcess({ directory, port, nbdPort });
  await running.ready();
  return running;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

test.runIf(isLongTier)(
  `volumes and an ext4 on one survive ${KILLS} kills of the server`,
  { timeout: KILLS * CYCLE_MS_MAX },
  async () => {
    const random = new SeededRandom(seed);
    const watch = new DeathWatch();
    const raw = new VolumeLoad(random, watch);
    const ext4 = new Ext4Load(random, folder);
    const loads = [raw, ext4];
    const began = performance.now();
    let kills = 0;
    try {
      for (const load of loads) await load.make(directory);
      let server = await start();
      for (const load of loads) await load.prepare(server);
      while (kills < KILLS) {
        const dead = new AbortController();
        const before = loads.map(({ acknowledged }) => acknowledged);
        const work = Promise.all(loads.map((load) => load.run(server, dead.signal)));
        const lived = livesOn(() => loads.every((load, i) => load.acknowledged > before[i]!), dead);
        await Promise.race([work, lived.then(() => pause(random.below(LIFE_MS)))]);
        // In this order something is always cut off in the middle.
        const killed = server.kill();
        dead.abort();
        await killed;
        kills++;
        await work;
        if (kills % CHECK_ONE_IN === 0) await check();
        server = await start();
        for (const load of loads) await load.verify(server);
        expect(server.errors).toBe("");
      }
      await ext4.release();
      await server.stop();
      running = undefined;
      await check();
    } finally {
      await ext4.release().catch(() => undefined);
      const rate = (kills / ((performance.now() - began) / 60_000)).toFixed(0);
      const counts = loads.map(({ name, acknowledged }) => `${name} ${acknowledged}`).join(", ");
      console.log(`FIRN_SEED=${seed}: ${kills} kills, ${rate} a minute; answered: ${counts}`);
      console.log(`cut off in the middle: ${watch.cutOff} calls over NBD, ${ext4.cutOff} of ext4`);
    }
  },
);

async function livesOn(isAtWork: () => boolean, { signal }: AbortController): Promise<void> {
  while (!isAtWork() && !signal.aborted) await pause(5);
}

async function check(): Promise<void> {
  const { code, output } = await firn(["check", directory]);
  if (code !== 0) throw new Error(`firn check left with ${code}: ${output}`);
}
