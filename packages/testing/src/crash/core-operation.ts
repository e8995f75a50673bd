import * as fc from "fast-check";
import type { DiskOperation } from "../disk/disk-fault.ts";

/** One step of a transaction's body. Small numbers choose among what exists when it runs. */
export type TransactionStep =
  | { readonly kind: "put"; readonly space: number; readonly key: number; readonly bytes: number }
  | { readonly kind: "delete"; readonly space: number; readonly key: number }
  | { readonly kind: "get"; readonly space: number; readonly key: number }
  | {
      readonly kind: "range";
      readonly space: number;
      readonly from: number;
      readonly to: number;
      readonly reverse: boolean;
      readonly limit: number;
    }
  | {
      readonly kind: "create";
      readonly indexedValueBytes: number;
      /** What is superseded stays so long in history. Default none. */
      readonly retentionMs?: number | undefined;
    }
  | { readonly kind: "drop"; readonly space: number }
  /** Begins to keep history, keeps more or less of it, or ends it. */
  | { readonly kind: "keep"; readonly space: number; readonly retentionMs?: number | undefined }
  | { readonly kind: "retain"; readonly blob: number }
  | { readonly kind: "release"; readonly blob: number };

/** One step of a history. What is begun is not waited for, but by `settle` and what restarts. */
export type CoreOperation =
  | {
      readonly kind: "transact";
      readonly steps: readonly TransactionStep[];
      /** The body throws when it is done: nothing of it may be seen. */
      readonly throws: boolean;
      /** Reads are declared beforehand. */
      readonly declared: boolean;
    }
  | { readonly kind: "blob"; readonly bytes: number; readonly space: number; readonly key: number }
  /** Stages bytes that no transaction attaches; some are given up at once. */
  | { readonly kind: "stage"; readonly bytes: number; readonly discards: boolean }
  | { readonly kind: "readBlob"; readonly blob: number }
  /** A record of a stream: of the first key space, or of the second. */
  | { readonly kind: "append"; readonly bytes: number; readonly second?: boolean | undefined }
  /** An engine needs no more than the first bytes of one of its records: of which, chance says. */
  | { readonly kind: "forget"; readonly record: number; readonly neededBytes: number }
  /** Reads as of an older commit: of the newest ones, the one so far back. */
  | { readonly kind: "viewAt" | "feed"; readonly back: number }
  | { readonly kind: "pin"; readonly name: number; readonly back: number }
  | { readonly kind: "unpin"; readonly name: number }
  /** Backs up what is committed; makes a store of the newest backup and compares it. */
  | { readonly kind: "backup" | "restore" }
  | { readonly kind: "barrier" | "checkpoint" | "compact" | "view" }
  /** Makes parity of what is sealed; verifies all bytes; builds the index anew. */
  | { readonly kind: "parity" | "scrub" | "rebuild" }
  /** A byte of a segment with parity rots, and a scrub comes by. */
  | { readonly kind: "rot"; readonly place: number }
  | { readonly kind: "settle" | "reboot" }
  | { readonly kind: "get"; readonly space: number; readonly key: number }
  | { readonly kind: "advance"; readonly ms: number }
  | { readonly kind: "turns"; readonly count: number }
  /** Power failure or end of the process, at the disk request that comes `after` further ones. */
  | { readonly kind: "crash" | "kill"; readonly after: number }
  /** The disk has so many bytes left from now on; without a number, as many as anybody wants. */
  | { readonly kind: "fill"; readonly bytesLeft?: number | undefined }
  | {
      readonly kind: "fault";
      readonly fault: "eio" | "full" | "short";
      readonly operation: DiskOperation;
      readonly after: number;
    };

export interface OperationWeights {
  /** Faults of the disk; 0 leaves them out. */
  readonly faults: number;
  /** Blobs above the inline limit. */
  readonly largeBlobs: boolean;
  /** How many times as many steps with blobs as else. Default 1. */
  readonly blobs?: number | undefined;
  /** Views of the past, feeds and pins. Default 1. */
  readonly time?: number | undefined;
  /** Backups, and stores made of them. Default 1. */
  readonly copies?: number | undefined;
  /** Parity, scrubs, rot and rebuilt indexes; default 0 leaves them out. */
  readonly care?: number | undefined;
}

const spaces = fc.nat({ max: 3 });
const keys = fc.nat({ max: 9 });
const valueBytes = fc.oneof(
  { weight: 6, arbitrary: fc.nat({ max: 40 }) },
  { weight: 2, arbitrary: fc.nat({ max: 600 }) },
  { weight: 1, arbitrary: fc.nat({ max: 5000 }) },
);

const retentions = fc.constantFrom(undefined, 1000, 1e9);
const back = fc.nat({ max: 9 });
/** Bytes that are still needed: mostly none. */
const forgotten = fc.oneof(fc.constant(0), fc.constant(0), fc.nat({ max: 600 }));
const seldom = fc.nat({ max: 3 }).map((n) => n === 0);
const pinNames = fc.nat({ max: 2 });

const step: fc.Arbitrary<TransactionStep> = fc.oneof(
  { weight: 8, arbitrary: record("put", { space: spaces, key: keys, bytes: valueBytes }) },
  { weight: 3, arbitrary: record("delete", { space: spaces, key: keys }) },
  { weight: 4, arbitrary: record("get", { space: spaces, key: keys }) },
  {
    weight: 2,
    arbitrary: record("range", {
      space: spaces,
      from: keys,
      to: keys,
      reverse: fc.boolean(),
      limit: fc.integer({ min: 1, max: 6 }),
    }),
  },
  {
    weight: 1,
    arbitrary: record("create", {
      indexedValueBytes: fc.constantFrom(0, 16, 256),
      retentionMs: retentions,
    }),
  },
  { weight: 1, arbitrary: record("drop", { space: spaces }) },
  { weight: 1, arbitrary: record("keep", { space: spaces, retentionMs: retentions }) },
  { weight: 1, arbitrary: record("retain", { blob: keys }) },
  { weight: 1, arbitrary: record("release", { blob: keys }) },
);

/** Steps of a history, more of what changes state than of what restarts. */
export function coreOperation(weights: OperationWeights): fc.Arbitrary<CoreOperation> {
  const blobBytes = fc.oneof(
    { weight: 4, arbitrary: fc.nat({ max: 200 }) },
    { weight: weights.largeBlobs ? 1 : 0, arbitrary: fc.integer({ min: 65_537, max: 140_000 }) },
  );
  const many = weights.blobs ?? 1;
  const letGo = record("transact", {
    steps: fc.array(record("release", { blob: keys }), { minLength: 1, maxLength: 4 }),
    throws: fc.constant(false),
    declared: fc.constant(false),
  });
  const transact = record("transact", {
    steps: fc.array(step, { minLength: 1, maxLength: 5 }),
    throws: fc.integer({ min: 0, max: 11 }).map((n) => n === 0),
    declared: fc.boolean(),
  });
  const after = fc.oneof(fc.nat({ max: 3 }), fc.nat({ max: 60 }));
  const room = fc.oneof(fc.nat({ max: 9000 }), fc.nat({ max: 200_000 }), fc.constant(undefined));
  const fault = record("fault", {
    fault: fc.constantFrom("eio", "full", "short"),
    operation: fc.constantFrom("sync", "write", "syncDirectory", "rename", "open", "read"),
    after: fc.nat({ max: 6 }),
  });
  return fc.oneof<[fc.MaybeWeightedArbitrary<CoreOperation>, ...[]]>(
    ...([
      { weight: 14, arbitrary: transact },
      { weight: 6, arbitrary: record("append", { bytes: valueBytes, second: seldom }) },
      { weight: 2, arbitrary: record("barrier", {}) },
      {
        weight: 2 * many,
        arbitrary: record("blob", { bytes: blobBytes, space: spaces, key: keys }),
      },
      { weight: many, arbitrary: record("stage", { bytes: blobBytes, discards: fc.boolean() }) },
      { weight: many, arbitrary: record("readBlob", { blob: keys }) },
      { weight: many - 1, arbitrary: letGo },
      { weight: 1, arbitrary: record("checkpoint", {}) },
      { weight: 2, arbitrary: record("compact", {}) },
      ...careSteps(weights.care ?? 0),
      ...timeSteps(weights.time ?? 1),
      ...copySteps(weights.copies ?? 1),
      { weight: 2, arbitrary: record("get", { space: spaces, key: keys }) },
      { weight: 1, arbitrary: record("view", {}) },
      { weight: 1, arbitrary: record("settle", {}) },
      { weight: 1, arbitrary: record("advance", { ms: fc.nat({ max: 5000 }) }) },
      { weight: 3, arbitrary: record("turns", { count: fc.integer({ min: 1, max: 6 }) }) },
      { weight: 1, arbitrary: record("reboot", {}) },
      { weight: 3, arbitrary: record("crash", { after }) },
      { weight: 1, arbitrary: record("kill", { after }) },
      { weight: weights.faults, arbitrary: fault },
      { weight: Math.ceil(weights.faults / 2), arbitrary: record("fill", { bytesLeft: room }) },
    ] as unknown as [fc.MaybeWeightedArbitrary<CoreOperation>]),
  );
}

function careSteps(weight: number): readonly { weight: number; arbitrary: unknown }[] {
  return [
    { weight: 2 * weight, arbitrary: record("parity", {}) },
    { weight, arbitrary: record("scrub", {}) },
    { weight: 2 * weight, arbitrary: record("rot", { place: fc.nat({ max: 1e6 }) }) },
    { weight, arbitrary: record("rebuild", {}) },
  ];
}

function timeSteps(weight: number): readonly { weight: number; arbitrary: unknown }[] {
  return [
    { weight: 2 * weight, arbitrary: record("viewAt", { back }) },
    { weight, arbitrary: record("feed", { back }) },
    { weight, arbitrary: record("pin", { name: pinNames, back }) },
    { weight, arbitrary: record("unpin", { name: pinNames }) },
    { weight, arbitrary: record("forget", { record: back, neededBytes: forgotten }) },
  ];
}

function copySteps(weight: number): readonly { weight: number; arbitrary: unknown }[] {
  return [
    { weight, arbitrary: record("backup", {}) },
    { weight, arbitrary: record("restore", {}) },
  ];
}

type Arbitraries<T> = { [K in keyof T]: fc.Arbitrary<T[K]> };

function record<const Kind extends string, T>(
  kind: Kind,
  fields: Arbitraries<T>,
): fc.Arbitrary<{ kind: Kind } & T> {
  return fc.record({ kind: fc.constant(kind), ...fields }) as fc.Arbitrary<{ kind: Kind } & T>;
}
