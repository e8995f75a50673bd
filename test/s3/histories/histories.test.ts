import { SeededRandom } from "@firn/core";
import { ObjectStore } from "@firn/objects";
import {
  SimCore,
  makeMachine,
  printLine,
  restartMachine,
  testCount,
  testSeed,
  turn,
} from "@firn/testing";
import type { OpenMachine } from "@firn/testing";
import { beforeAll, describe, expect, test } from "vitest";
import { engineRegisters } from "./engine-registers.ts";
import { lying } from "./object-registers.ts";
import type { Lie, ObjectRegisters } from "./object-registers.ts";
import { RegisterClients } from "./register-clients.ts";

/*
 * Clients that write, read, delete, copy and complete the same few keys, with conditions and
 * without, on a disk that loses its power again and again. What each was told must have an order
 * that explains it.
 */

const bucket = "histories";
const kinds = ["plain", "versioned", "suspended", "locked"] as const;
/** Cycles on one machine: each ends with a power failure or the process's end. */
const CYCLES = 8;
const CLIENTS = 6;
/** Inside the record, in the log, in an extent segment. */
const SIZES = [24, 24, 24, 300, 5000, 70_000];

let core: SimCore;
const seed = testSeed();

beforeAll(async () => {
  core = await SimCore.load();
});

class Run {
  readonly random: SeededRandom;
  readonly clients: RegisterClients;
  readonly #kind: (typeof kinds)[number];
  readonly #lie: Lie | undefined;
  #machine: OpenMachine;
  crashes = 0;

  constructor(seedOfRun: number, kind: (typeof kinds)[number], lie?: Lie) {
    this.random = new SeededRandom(seedOfRun);
    this.#machine = makeMachine(seedOfRun);
    this.#kind = kind;
    this.#lie = lie;
    const keys = ["k0", "k1", "k2", "k3"];
    this.clients = new RegisterClients({
      random: this.random,
      keys,
      clients: CLIENTS,
      sizes: SIZES,
    });
  }

  /** What cannot be explained, of all cycles until the first that has any. */
  async run(): Promise<unknown[]> {
    await this.#makeBucket();
    for (let cycle = 0; cycle < CYCLES; cycle++) {
      const faults = await this.#cycle();
      if (faults.length > 0) return faults;
    }
    return [];
  }

  async #makeBucket(): Promise<void> {
    const store = await core.open(this.#machine);
    const objects = await ObjectStore.open({ store });
    const objectLockEnabledForBucket = this.#kind === "locked";
    await objects.createBucket({ bucket, objectLockEnabledForBucket });
    if (this.#kind === "versioned" || this.#kind === "suspended") {
      const status = this.#kind === "versioned" ? "Enabled" : "Suspended";
      await objects.putBucketVersioning({ bucket, status });
    }
    await objects.close();
    await store.close();
  }

  async #cycle(): Promise<unknown[]> {
    const objects = await this.#open();
    const { clients, random } = this;
    const registers = this.#registers(objects);
    const until = clients.operations + 40 + random.below(400);
    let strike = (): void => undefined;
    const down = new Promise<void>((resolve) => (strike = resolve));
    const crashes = random.below(4) > 0;
    const isOver = (): boolean => clients.operations >= until;
    const pause = async (): Promise<void> => {
      if (random.below(4) === 0) await turn();
      if (crashes && isOver()) strike();
    };
    await clients.run({ registers, down, isOver, pause });
    if (crashes) this.#machine = restartMachine(this.#machine, this.#how());
    this.crashes += crashes ? 1 : 0;
    const after = crashes ? await this.#open() : objects;
    const faults = await clients.check(engineRegisters(after, bucket));
    await this.#close(after);
    return faults;
  }

  #how(): "crash" | "kill" {
    return this.random.below(3) === 0 ? "kill" : "crash";
  }

  #registers(objects: ObjectStore): ObjectRegisters {
    const honest = engineRegisters(objects, bucket);
    if (this.#lie === undefined) return honest;
    return lying(honest, this.#lie, (count) => this.random.below(count) === 0);
  }

  #store: Awaited<ReturnType<SimCore["open"]>> | undefined;

  async #open(): Promise<ObjectStore> {
    this.#store = await core.open(this.#machine);
    return await ObjectStore.open({ store: this.#store });
  }

  async #close(objects: ObjectStore): Promise<void> {
    await objects.close();
    await this.#store?.close();
  }
}

describe.each(kinds)("in a %s bucket", (kind) => {
  test("what clients see through power failures has an order that explains it", async () => {
    const began = performance.now();
    const enough = testCount({ quick: 1200, full: 1_000_000 / kinds.length });
    let operations = 0;
    let crashes = 0;
    for (let at = 0; operations < enough; at++) {
      const run = new Run(seed + at, kind);
      expect(await run.run(), `FIRN_SEED=${seed + at}`).toEqual([]);
      operations += run.clients.operations;
      crashes += run.crashes;
    }
    const perSecond = Math.round((operations / (performance.now() - began)) * 1000);
    printLine(`${kind}: ${operations} calls, ${crashes} crashes, ${perSecond} calls/s, no fault`);
  });

  test.each(["stale read", "two winners", "lost write", "half a delete"] as const)(
    "a planted %s is found",
    async (lie) => {
      let faults: unknown[] = [];
      for (let at = 0; at < 5 && faults.length === 0; at++) {
        faults = await new Run(seed + at, kind, lie).run();
      }
      expect(faults.length).toBeGreaterThan(0);
    },
  );
});
