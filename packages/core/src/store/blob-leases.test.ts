import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { BLOB_LEASE_MS } from "../constants.ts";
import { RealClock } from "../platform/clocks.ts";
import type { StagedBlob } from "../store-api.ts";
import type { LogStore } from "../store.ts";
import { BlobLeases } from "./blob-leases.ts";
import { openStore } from "./open-store.ts";

/** The machine's clock, with real time that can be made to pass. */
class LateClock extends RealClock {
  laterMs = 0;

  override monotonicMs(): number {
    return super.monotonicMs() + this.laterMs;
  }
}

let directory: string;
let store: LogStore;
let clock: LateClock;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "firn-leases-"));
  clock = new LateClock();
  store = await openStore({ directory, ephemeral: true, clock });
});

afterEach(async () => {
  await store.close();
  await rm(directory, { recursive: true, force: true });
});

const attach = (staged: StagedBlob): Promise<string> =>
  store.transact((tx) => tx.attachBlob(staged));

const refused = { code: "FIRN_BLOB_NOT_FOUND" };

for (const [what, bytes] of Object.entries({ small: 100, large: 100_000 })) {
  test(`a ${what} blob is attached once, and not when it was discarded`, async () => {
    const once = await store.blobs.stage(new Uint8Array(bytes));
    expect(await attach(once)).toBe(once.id);
    await expect(attach(once)).rejects.toMatchObject(refused);
    store.blobs.discard(once);
    expect(await store.blobs.size(once.id)).toBe(bytes);
    const given = await store.blobs.stage(new Uint8Array(bytes));
    store.blobs.discard(given);
    store.blobs.discard(given);
    await expect(attach(given)).rejects.toMatchObject(refused);
  });
}

test("a blob whose transaction threw can be attached by another", async () => {
  const staged = await store.blobs.stage(new Uint8Array(100_000));
  const failing = store.transact((tx) => {
    tx.attachBlob(staged);
    throw new Error("changed its mind");
  });
  await expect(failing).rejects.toThrow("changed its mind");
  expect(await attach(staged)).toBe(staged.id);
});

test("a staged blob waits for an hour of real time, and no longer", async () => {
  const [early, late] = [await stageLarge(), await stageLarge()];
  clock.laterMs = BLOB_LEASE_MS - 60_000;
  await attach(early);
  clock.laterMs = BLOB_LEASE_MS + 60_000;
  await expect(attach(late)).rejects.toMatchObject(refused);
});

function stageLarge(): Promise<StagedBlob> {
  return store.blobs.stage(new Uint8Array(100_000));
}

test("what is kept: what is being written, what is staged, what is attached and not yet durable", () => {
  let nowMs = 0;
  const leases = new BlobLeases({ monotonicMs: () => nowMs, leaseMs: 10 });
  const [writing, staged, attached, lapsing] = ["w", "s", "a", "l"].map((id) =>
    leases.begin(id, []),
  ) as [Lease, Lease, Lease, Lease];
  for (const lease of [attached, lapsing]) lease.staged();
  attached.attach();
  nowMs = 9;
  staged.staged();
  expect(leases.kept()).toEqual([writing, staged, attached, lapsing]);
  nowMs = 10;
  expect(leases.kept()).toEqual([writing, staged, attached]);
  expect(lapsing.end()).toBe(false);
  expect(attached.end()).toBe(false);
  attached.drop();
  expect(writing.end()).toBe(true);
  expect(leases.kept()).toEqual([staged]);
});

type Lease = ReturnType<BlobLeases["begin"]>;
