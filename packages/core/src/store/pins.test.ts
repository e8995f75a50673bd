import { expect, test } from "vitest";
import { PINS_MAX } from "../constants.ts";
import { defer } from "../deferred.ts";
import type { Lsn, Store, Transaction } from "../store-api.ts";
import { packValue } from "../value.ts";
import { Pins } from "./pins.ts";

const record = (lsn: Lsn): Uint8Array => packValue({ lsn, time: 0 });

/** A store whose commits are seen at once, as a mirror sees them, and durable when told to be. */
function slowStore(pins: Pins, name: string): Pick<Store, "transact"> & { durable(): void } {
  const gate = defer<void>();
  return {
    async transact<T>(body: (tx: Transaction) => T): Promise<T> {
      const tx = {
        now: 0,
        put: (_space: number, _key: Uint8Array, value: Uint8Array) => pins.follow(name, value),
        delete: () => pins.follow(name, undefined),
      };
      const result = body(tx as unknown as Transaction);
      await gate.promise;
      return result;
    },
    durable: () => gate.resolve(undefined),
  };
}

test("a pin that moves or goes holds its former place until that is durable", async () => {
  const pins = new Pins();
  pins.follow("p", record(5));
  const moving = slowStore(pins, "p");
  const moved = pins.set(moving, "p", 9);
  expect(pins.get("p")?.lsn).toBe(9);
  expect(pins.oldestPinnedLsn()).toBe(5);
  moving.durable();
  await moved;
  expect(pins.oldestPinnedLsn()).toBe(9);
  const going = slowStore(pins, "p");
  const gone = pins.clear(going, "p");
  expect(pins.named).toEqual([]);
  expect(pins.oldestPinnedLsn()).toBe(9);
  going.durable();
  await gone;
  expect(pins.oldestPinnedLsn()).toBe(Number.MAX_SAFE_INTEGER);
});

test("thinning and holding exclude one another, whichever comes first", () => {
  const pins = new Pins();
  const hold = pins.hold(10);
  expect(pins.mayThin(10)).toBe(false);
  expect(pins.mayThin(9)).toBe(true);
  expect(() => pins.hold(9)).toThrow("no longer whole; the oldest that are: 10");
  hold.release();
  expect(pins.mayThin(12)).toBe(true);
  expect(pins.wholeFrom).toBe(13);
});

test("a store has a bounded number of pins, each of which can still be moved", async () => {
  const pins = new Pins();
  for (let i = 0; i < PINS_MAX; i++) pins.follow(`p${i}`, record(i + 1));
  const store = slowStore(pins, "p0");
  store.durable();
  await expect(pins.set(store, "one more", 5)).rejects.toMatchObject({
    code: "FIRN_PINS_EXHAUSTED",
  });
  await pins.set(store, "p0", 7);
  expect(pins.get("p0")?.lsn).toBe(7);
});
