import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SeededRandom } from "@firn/core";
import { printLine } from "@firn/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ArchiveLoad } from "./archive-load.ts";
import { ColdLoad } from "./cold-load.ts";
import { DeathWatch } from "./load.ts";
import type { Load } from "./load.ts";
import { ObjectLoad } from "./object-load.ts";
import { ServerProcess, credentials, firn, freePorts } from "./server-process.ts";
import { TableLoad } from "./table-load.ts";
import { VolumeLoad } from "./volume-load.ts";

/**
 * The real server under a mixed load of real clients on all four engines, killed without warning at
 * random moments. The ledger of what was acknowledged lives here, in another process than the
 * server. A kill leaves the page cache intact: this proves recovery; that syncs are really made,
 * the simulated disk proves.
 */
const CYCLES = Number(process.env["FIRN_KILL_CYCLES"] ?? 25);
const seed = Number(process.env["FIRN_SEED"] ?? 1 + (Date.now() % 1_000_000));
/** Engines to load, for narrowing a fault down. */
const ENGINES = (process.env["FIRN_KILL_ENGINES"] ?? "objects,tables,archive,cold,volumes").split(
  ",",
);
/** A server lives at most so long after its first answer, in ms. */
const LIFE_MS = 300;
/** One start in so many is killed before it is ready. */
const EARLY_KILL_ONE_IN = 8;
const EARLY_KILL_MS = 250;
/** Everything is looked at, and the directory checked, once in so many cycles. */
const WHOLE_ONE_IN = 10;
/** Far above what a cycle takes, so that a hang ends with a message. */
const CYCLE_MS_MAX = 20_000;

const random = new SeededRandom(seed);
let directory: string;
let ports: number[];
let running: ServerProcess | undefined;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "firn-survive-"));
  ports = await freePorts(2);
});

afterAll(async () => {
  await running?.kill();
  await rm(directory, { recursive: true, force: true });
});

function spawnServer(): ServerProcess {
  const [port = 0, nbdPort = 0] = ports;
  running = new ServerProcess({ directory, port, nbdPort });
  return running;
}

async function startServer(): Promise<ServerProcess> {
  if (random.below(EARLY_KILL_ONE_IN) === 0) {
    const early = spawnServer();
    await pause(random.below(EARLY_KILL_MS));
    await early.kill();
  }
  const server = spawnServer();
  await server.ready();
  return server;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Runs all loads, kills the server in the middle, and waits until every client has noticed. */
async function runAndKill(server: ServerProcess, loads: readonly Load[]): Promise<void> {
  const dead = new AbortController();
  const running = Promise.all(loads.map((load) => load.run(server, dead.signal)));
  try {
    // A load that fails by itself is told at once, not after the pause.
    await Promise.race([running, livesOn(loads, dead.signal)]);
  } finally {
    dead.abort();
    await server.kill();
  }
  await running;
}

/** On a busy machine the first answer takes its time; from there on chance decides. */
async function livesOn(loads: readonly Load[], dead: AbortSignal): Promise<void> {
  const answers = (): number => loads.reduce((sum, load) => sum + load.acknowledged, 0);
  const before = answers();
  while (answers() === before && !dead.aborted) await pause(5);
  await pause(random.below(LIFE_MS));
}

async function verifyAll(
  server: ServerProcess,
  loads: readonly Load[],
  everything: boolean,
): Promise<void> {
  await Promise.all(loads.map((load) => load.verify(server, everything)));
  expect(server.errors).toBe("");
}

test(
  `whatever was acknowledged survives ${CYCLES} kills, nothing is half there`,
  { timeout: CYCLES * CYCLE_MS_MAX },
  async () => {
    const watch = new DeathWatch();
    const archive = new ArchiveLoad(random, watch);
    const cold = new ColdLoad(random, watch);
    const volumes = new VolumeLoad(random, watch);
    const loads = [
      new ObjectLoad(random, watch),
      new TableLoad(random, watch),
      archive,
      cold,
      volumes,
    ].filter((load) => ENGINES.includes(load.name));
    const began = performance.now();
    const spent = { life: 0, check: 0, start: 0, verify: 0 };
    const timed = async <T>(part: keyof typeof spent, work: () => Promise<T>): Promise<T> => {
      const from = performance.now();
      return work().finally(() => (spent[part] += Math.round(performance.now() - from)));
    };
    try {
      await volumes.make(directory);
      let server = await startServer();
      for (const load of loads) await load.prepare(server);
      for (let cycle = 1; cycle <= CYCLES; cycle++) {
        await timed("life", () => runAndKill(server, loads));
        const whole = cycle % WHOLE_ONE_IN === 0;
        if (whole) await timed("check", check);
        server = await timed("start", startServer);
        await timed("verify", () => verifyAll(server, loads, whole));
      }
      await verifyAll(server, loads, true);
      await advanceClock(server, "12h");
      if (loads.includes(archive)) await archive.finish(server);
      if (loads.includes(cold)) await cold.finish(server);
      await server.stop();
      running = undefined;
      await check();
    } finally {
      const minutes = (performance.now() - began) / 60_000;
      const counts = loads.map((load) => `${load.name} ${load.acknowledged}`).join(", ");
      const rate = (CYCLES / minutes).toFixed(0);
      printLine(`FIRN_SEED=${seed}: ${rate} cycles a minute; answered: ${counts}`);
      printLine(`cut off in the middle: ${watch.cutOff} calls; ms: ${JSON.stringify(spent)}`);
    }
  },
);

async function check(): Promise<void> {
  const { code, output } = await firn(["check", directory]);
  if (code !== 0) throw new Error(`firn check left with ${code}: ${output}`);
}

async function advanceClock({ endpoint }: ServerProcess, duration: string): Promise<void> {
  const { code, output } = await firn(["clock", "advance", duration, "--endpoint", endpoint], {
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_REGION: "us-east-1",
  });
  if (code !== 0) throw new Error(`firn clock left with ${code}: ${output}`);
}
