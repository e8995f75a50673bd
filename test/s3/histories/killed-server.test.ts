import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { S3 } from "@aws-sdk/client-s3";
import { SeededRandom } from "@firn/core";
import { printLine, testCount, testSeed } from "@firn/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  ServerProcess,
  credentials,
  firn,
  freePorts,
  region,
} from "../../survive/server-process.ts";
import { clientRegisters } from "./client-registers.ts";
import { lying } from "./object-registers.ts";
import type { ObjectRegisters } from "./object-registers.ts";
import { RegisterClients } from "./register-clients.ts";

/*
 * The same clients as in histories.test.ts, of the real server in a process of its own, which is
 * killed without warning in the middle of their calls. A call that the kill cuts off may have
 * happened or not; all others must have an order that explains them.
 */

const CLIENTS = 8;
const SIZES = [24, 24, 300, 5000, 70_000, 300_000];
const CALLS_PER_LIFE = 200;
/** After an answer, until the kill. */
const KILL_WITHIN_MS = 20;
const kinds = ["plain", "versioned"] as const;

const random = new SeededRandom(testSeed());
let directory: string;
let ports: number[];
let running: ServerProcess | undefined;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "firn-killed-"));
  ports = await freePorts(2);
});
afterAll(async () => {
  await running?.kill();
  await rm(directory, { recursive: true, force: true });
});

async function startServer(): Promise<ServerProcess> {
  const [port = 0, nbdPort = 0] = ports;
  running = new ServerProcess({ directory, port, nbdPort });
  await running.ready();
  return running;
}

function clientOf({ endpoint }: ServerProcess): S3 {
  return new S3({ endpoint, region, credentials, maxAttempts: 1, forcePathStyle: true });
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Works until enough has been called, then kills the server while more is under way. Of a call that
 * fails it is known how it ended only if the server said so.
 */
async function workUntilKilled(
  clients: RegisterClients,
  registers: ObjectRegisters,
): Promise<void> {
  let strike = (): void => undefined;
  const down = new Promise<void>((resolve) => (strike = resolve));
  let killed = false;
  const until = clients.operations + random.below(CALLS_PER_LIFE);
  const work = clients.run({ registers: cutOff(registers, down), down, isOver: () => killed });
  const kill = async (): Promise<void> => {
    while (clients.operations < until) await pause(2);
    await pause(random.below(KILL_WITHIN_MS));
    await running?.kill();
    killed = true;
    strike();
  };
  await Promise.all([work, kill()]);
}

/** Calls that the death of the server cut off stay open: `down` ends them. */
function cutOff(registers: ObjectRegisters, down: Promise<void>): ObjectRegisters {
  const watched = <T>(work: Promise<T>): Promise<T> =>
    work.catch(async (error: unknown) => {
      const { $metadata } = error as { $metadata?: { httpStatusCode?: number } };
      if ($metadata?.httpStatusCode !== undefined) throw error;
      await Promise.race([down, pause(5000)]);
      throw error;
    });
  return {
    read: (key) => watched(registers.read(key)),
    write: (key, value) => watched(registers.write(key, value)),
    create: (key, value) => watched(registers.create(key, value)),
    replace: (key, values) => watched(registers.replace(key, values)),
    delete: (key) => watched(registers.delete(key)),
    deleteValue: (key, value) => watched(registers.deleteValue(key, value)),
    complete: (key, value, isNew) => watched(registers.complete(key, value, isNew)),
    copy: (keys, value) => watched(registers.copy(keys, value)),
  };
}

test.each(kinds)("what clients of a killed server see has an order: %s bucket", async (kind) => {
  const began = performance.now();
  const bucket = `killed-${kind}`;
  const enough = testCount({ quick: 300, full: 50_000 });
  const keys = ["k0", "k1", "k2", "k3", "k4"];
  const clients = new RegisterClients({ random, keys, clients: CLIENTS, sizes: SIZES });
  let s3 = clientOf(await startServer());
  await s3.createBucket({ Bucket: bucket });
  if (kind === "versioned") {
    const VersioningConfiguration = { Status: "Enabled" } as const;
    await s3.putBucketVersioning({ Bucket: bucket, VersioningConfiguration });
  }
  let kills = 0;
  while (clients.operations < enough) {
    await workUntilKilled(clients, clientRegisters(s3, bucket));
    s3.destroy();
    kills++;
    s3 = clientOf(await startServer());
    expect(await clients.check(clientRegisters(s3, bucket))).toEqual([]);
  }
  s3.destroy();
  await running?.stop();
  const { code, output } = await firn(["check", directory]);
  expect(code, output).toBe(0);
  const { operations, unknown } = clients;
  const perSecond = Math.round((operations / (performance.now() - began)) * 1000);
  const told = `${operations} calls, ${kills} kills, ${unknown} calls cut off, ${perSecond}/s`;
  printLine(`${kind}: ${told}`);
});

test("a planted lost write is found", async () => {
  const s3 = clientOf(await startServer());
  await s3.createBucket({ Bucket: "planted" });
  const clients = new RegisterClients({ random, keys: ["k"], clients: 2, sizes: [24] });
  const honest = clientRegisters(s3, "planted");
  const registers = lying(honest, "lost write", (count) => random.below(count) < 5);
  // One that is written over before it is read shows nothing.
  let faults: unknown[] = [];
  for (let enough = 150; faults.length === 0 && enough <= 3000; enough += 150) {
    const isOver = (): boolean => clients.operations > enough;
    await clients.run({ registers, down: new Promise(() => undefined), isOver });
    faults = await clients.check(honest);
  }
  expect(faults).not.toEqual([]);
  s3.destroy();
});
