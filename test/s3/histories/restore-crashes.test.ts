import { FirnError, SeededRandom } from "@firn/core";
import type { BlobId, Store, Transaction } from "@firn/core";
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
import { beforeAll, expect, test } from "vitest";

/*
 * A bucket that is restored from its past while the power fails: it is there whole or not at all,
 * and what a part of it held is given back.
 */

const bucket = "source";
const targetBucket = "restored";
const HOUR_MS = 3_600_000;
/** Inside the record, in the log, in an extent segment. */
const SIZES = [24, 300, 5000, 70_000];
/** Turns of the event loop: some more than most of these restores take. */
const TURNS_MAX = 16;

let core: SimCore;

beforeAll(async () => {
  core = await SimCore.load();
});

class RestoreHistory {
  /** It was cut off, and nothing of it was there. */
  cutOff = 0;
  readonly #random: SeededRandom;
  readonly #blobs = new Set<BlobId>();
  #machine: OpenMachine;
  #store!: Awaited<ReturnType<SimCore["open"]>>;
  #objects!: ObjectStore;

  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
    this.#machine = makeMachine(seed);
  }

  async run(): Promise<void> {
    await this.#open();
    await this.#objects.createBucket({ bucket });
    await this.#objects.putBucketRewind({ bucket, windowMs: 24 * HOUR_MS });
    if (this.#random.below(2) === 0) {
      await this.#objects.putBucketVersioning({ bucket, status: "Enabled" });
    }
    await this.#write(12);
    const time = new Date(this.#store.clock.now());
    this.#machine.clock.advance(HOUR_MS);
    await this.#write(12);
    const past = await this.#objects.at({ bucket, time });
    const expected = await all(past.listObjectVersions());
    const restored = await this.#restoreUntilCrash(time);
    await this.#expectWhole(expected, { restored, time });
    await this.#empty(bucket);
    await this.#empty(targetBucket);
    for (const blob of this.#blobs) {
      await expect(this.#store.blobs.size(blob)).rejects.toThrow(FirnError);
    }
    await this.#close();
    expect(await core.check(this.#machine)).toEqual([]);
  }

  async #open(): Promise<void> {
    this.#store = await core.open(this.#machine);
    this.#objects = await ObjectStore.open({ store: this.#watched(this.#store) });
  }

  async #close(): Promise<void> {
    await this.#objects.close();
    await this.#store.close();
  }

  /** Knows every blob that a transaction has named. */
  #watched(store: Store): Store {
    const bound = (target: object, name: string | symbol): unknown => {
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    };
    const watchedTx = (tx: Transaction): Transaction =>
      new Proxy(tx, {
        get: (target, name) => {
          if (name !== "attachBlob") return bound(target, name);
          return (...args: Parameters<Transaction["attachBlob"]>) => {
            const id = tx.attachBlob(...args);
            this.#blobs.add(id);
            return id;
          };
        },
      });
    const transact: Store["transact"] = (body, options) =>
      store.transact((tx) => body(watchedTx(tx)), options);
    return new Proxy(store, {
      get: (target, name) => (name === "transact" ? transact : bound(target, name)),
    });
  }

  async #write(count: number): Promise<void> {
    const objects = this.#objects;
    for (let at = 0; at < count; at++) {
      const key = `k${this.#random.below(8)}`;
      const bytes = SIZES[this.#random.below(SIZES.length)] as number;
      const body = Buffer.alloc(bytes, `${this.#random.below(1_000_000)}.`);
      const choice = this.#random.below(8);
      if (choice === 0) await objects.deleteObject({ bucket, key });
      else if (choice === 1) await this.#append(key);
      else await objects.putObject({ bucket, key, body });
    }
  }

  /** Often enough that its parts have a record of their own. */
  async #append(key: string): Promise<void> {
    const body = Buffer.from("piece");
    await this.#objects.putObject({ bucket, key, body });
    for (let at = 1; at < 20; at++) {
      await this.#objects.putObject({ bucket, key, body, writeOffsetBytes: at * body.length });
    }
  }

  /** Whether somebody heard that it was done, before the power failed. */
  async #restoreUntilCrash(time: Date): Promise<boolean> {
    let [done, failure]: [boolean, unknown] = [false, undefined];
    const turns = this.#random.below(TURNS_MAX);
    this.#objects.restoreBucket({ bucket, time, targetBucket }).then(
      () => (done = true),
      (error: unknown) => (failure = error),
    );
    for (let at = 0; at < turns && !done && failure === undefined; at++) await turn();
    if (failure !== undefined) throw failure;
    const wasDone = done;
    this.#machine = restartMachine(this.#machine, this.#random.below(3) === 0 ? "kill" : "crash");
    await this.#open();
    return wasDone;
  }

  async #expectWhole(
    expected: readonly unknown[],
    { restored, time }: { readonly restored: boolean; readonly time: Date },
  ): Promise<void> {
    const objects = this.#objects;
    const names = (await all(objects.listBuckets())).map((one) => (one as { name: string }).name);
    const isThere = names.includes(targetBucket);
    if (restored) expect(isThere).toBe(true);
    if (!isThere) {
      this.cutOff++;
      await objects.restoreBucket({ bucket, time, targetBucket });
    }
    expect(await all(objects.listObjectVersions({ bucket: targetBucket }))).toEqual(expected);
  }

  async #empty(of: string): Promise<void> {
    const objects = this.#objects;
    for await (const { key, versionId } of objects.listObjectVersions({ bucket: of })) {
      await objects.deleteObject({ bucket: of, key, versionId });
    }
    await objects.deleteBucket({ bucket: of });
  }
}

async function all(list: AsyncIterable<unknown>): Promise<unknown[]> {
  const items = [];
  for await (const item of list) items.push(item);
  return items;
}

test("a bucket that is restored while the power fails is there whole, or not at all", async () => {
  const seed = testSeed();
  const count = testCount({ quick: 10, full: 2000 });
  let cutOff = 0;
  for (let at = 0; at < count; at++) {
    const history = new RestoreHistory(seed + at);
    try {
      await history.run();
    } catch (error) {
      throw new Error(`FIRN_SEED=${seed + at}`, { cause: error });
    }
    cutOff += history.cutOff;
  }
  expect(cutOff).toBeGreaterThan(0);
  printLine(`${count} restores, of which ${cutOff} were cut off`);
});
