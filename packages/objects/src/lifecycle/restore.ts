import type { Random, Transaction } from "@firn/core";
import { changeObject } from "../change-object.ts";
import type { ChangedWithin } from "../change-object.ts";
import type { Engine } from "../engine.ts";
import { objectError } from "../errors.ts";
import type { BucketRecord, ObjectRecord } from "../layout/records.ts";
import { noteRestore } from "../notifications/restore-notices.ts";
import { noteUse } from "../monthly-use.ts";
import type { ObjectRequest } from "../object-types.ts";
import { DAY_MS } from "./lifecycle-rules.ts";
import { isCold } from "./storage-classes.ts";
import type { ColdClass, StorageClass } from "./storage-classes.ts";

/**
 * Objects of the cold classes are read only while a restored copy is there. When it is there
 * follows from the record and the clock: no timer makes it so, and none can be missed.
 */

export type RestoreTier = "Expedited" | "Standard" | "Bulk";

/** Takes capacity for one Expedited restore within a transaction; `false`: none is left. */
export type TakeExpedited = (
  tx: Transaction,
  owner: { readonly accountId: string; readonly region: string },
) => boolean;

/** What a version keeps of its newest restore. */
export interface RestoreState {
  readonly tier: RestoreTier;
  /** Milliseconds since 1970 UTC: from then on it can be read. */
  readonly readyAt: number;
  /** Until then. */
  readonly expiresAt: number;
}

export interface RestoreObjectRequest extends ObjectRequest {
  /** Default: the current version. */
  readonly versionId?: string | undefined;
  /** How long the copy stays, 1 or more. */
  readonly days: number;
  /** Default "Standard". */
  readonly tier?: RestoreTier | undefined;
}

export interface RestoreObjectResult {
  /** There is a copy already: it stays as long as was asked for now. */
  readonly alreadyRestored: boolean;
}

/** What reads and listings say of it. */
export interface RestoreStatus {
  readonly isRestoreInProgress: boolean;
  /** Of a copy that is there. */
  readonly restoreExpiryDate?: Date | undefined;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/**
 * How long a restore takes, from and to.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects-retrieval-options.html
 */
const windows: Readonly<
  Record<ColdClass, Partial<Record<RestoreTier, readonly [number, number]>>>
> = {
  GLACIER: {
    Expedited: [MINUTE_MS, 5 * MINUTE_MS],
    Standard: [3 * HOUR_MS, 5 * HOUR_MS],
    Bulk: [5 * HOUR_MS, 12 * HOUR_MS],
  },
  DEEP_ARCHIVE: { Standard: [9 * HOUR_MS, 12 * HOUR_MS], Bulk: [36 * HOUR_MS, 48 * HOUR_MS] },
};
const speed: Readonly<Record<RestoreTier, number>> = { Bulk: 0, Standard: 1, Expedited: 2 };

/**
 * Begins a restore, hastens one that is under way, or lets a copy stay longer.
 *
 * @throws FIRN_OBJECT_STATE_INVALID for an object that needs none, FIRN_OBJECT_RESTORING,
 * FIRN_OBJECT_EXPEDITED_UNAVAILABLE, FIRN_OBJECT_ARGUMENT_INVALID.
 */
export async function restoreObject(
  engine: Engine,
  request: RestoreObjectRequest,
): Promise<RestoreObjectResult> {
  const { days, tier = "Standard" } = request;
  if (!Number.isInteger(days) || days < 1) {
    throw objectError("FIRN_OBJECT_ARGUMENT_INVALID", "Days must be a positive integer", {
      detail: { argument: "Days", value: days },
    });
  }
  let alreadyRestored = false;
  // Drawn here: a transaction's body may run more than once.
  const chance = engine.store.random.float();
  const { instantRestores } = engine;
  const { bucket: bucketName, key } = request;
  const change = (record: ObjectRecord, { now, tx, bucket }: ChangedWithin): ObjectRecord => {
    const restore = nextRestore(record, { now, days, tier, chance, instantRestores });
    alreadyRestored = restore.readyAt <= now;
    const changed = { ...record, restore };
    const isNew = record.restore?.readyAt !== restore.readyAt;
    if (isNew) {
      const item = `retrieval ${record.storageClass} ${tier}`;
      noteUse(tx, bucket, { [item]: { count: 1, bytes: record.size } });
    }
    if (isNew && tier === "Expedited") takeExpedited(engine, tx, bucket);
    if (isNew) noteRestore(tx, engine, { bucketName, bucket, key, record: changed });
    return changed;
  };
  await changeObject(engine, { ...request, event: "s3:ObjectRestore:Post" }, change);
  return { alreadyRestored };
}

/** @throws FIRN_OBJECT_EXPEDITED_UNAVAILABLE. */
function takeExpedited(engine: Engine, tx: Transaction, { owner, region }: BucketRecord): void {
  if (engine.takeExpedited(tx, { accountId: owner, region })) return;
  throw objectError(
    "FIRN_OBJECT_EXPEDITED_UNAVAILABLE",
    "Glacier expedited retrievals are currently not available, please try again later",
  );
}

/** @throws FIRN_OBJECT_STATE_INVALID when the bytes are not at hand. */
export function checkReadable({ storageClass, restore }: ObjectRecord, now: number): void {
  if (!isCold(storageClass) || isRestored(restore, now)) return;
  throw objectError(
    "FIRN_OBJECT_STATE_INVALID",
    "The operation is not valid for the object's storage class",
    { detail: { storageClass } },
  );
}

export function restoreStatus(
  { storageClass, restore }: Pick<ObjectRecord, "storageClass" | "restore">,
  now: number,
): RestoreStatus | undefined {
  if (!isCold(storageClass) || restore === undefined) return undefined;
  if (now < restore.readyAt) return { isRestoreInProgress: true };
  if (!isRestored(restore, now)) return undefined;
  return { isRestoreInProgress: false, restoreExpiryDate: new Date(restore.expiresAt) };
}

interface Asked {
  readonly now: number;
  readonly days: number;
  readonly tier: RestoreTier;
  readonly chance: ReturnType<Random["float"]>;
  readonly instantRestores: boolean;
}

function nextRestore(
  { storageClass, restore: before }: ObjectRecord,
  { now, days, tier, chance, instantRestores }: Asked,
): RestoreState {
  const [from, to] = windowOf(storageClass, tier);
  if (before !== undefined && isRestored(before, now)) {
    return { ...before, expiresAt: midnightAfter(now, days) };
  }
  const readyAt = instantRestores ? now : Math.round(now + from + chance * (to - from));
  if (before === undefined || before.expiresAt <= now) {
    return { tier, readyAt, expiresAt: midnightAfter(readyAt, days) };
  }
  if (speed[tier] <= speed[before.tier]) {
    throw objectError("FIRN_OBJECT_RESTORING", "Object restore is already in progress");
  }
  // A faster tier never makes it later.
  const sooner = Math.min(readyAt, before.readyAt);
  return { tier, readyAt: sooner, expiresAt: midnightAfter(sooner, days) };
}

function windowOf(storageClass: StorageClass, tier: RestoreTier): readonly [number, number] {
  if (!isCold(storageClass)) {
    throw objectError(
      "FIRN_OBJECT_STATE_INVALID",
      "Restore is not allowed for the object's current storage class",
      { detail: { storageClass } },
    );
  }
  const window = windows[storageClass][tier];
  if (window !== undefined) return window;
  throw objectError(
    "FIRN_OBJECT_ARGUMENT_INVALID",
    "Retrieval option is not supported by this storage class",
    { detail: { argument: "Tier", value: tier } },
  );
}

function isRestored(restore: RestoreState | undefined, now: number): boolean {
  return restore !== undefined && restore.readyAt <= now && now < restore.expiresAt;
}

function midnightAfter(time: number, days: number): number {
  return Math.ceil((time + days * DAY_MS) / DAY_MS) * DAY_MS;
}
