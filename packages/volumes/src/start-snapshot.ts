/*
 * Snapshots that a client makes block by block, without a volume: EBS's direct APIs.
 *
 * A pending snapshot is a head of its own, in a new lineage or on its parent's snapshot, so that
 * what is not put again is inherited. A put is a record of the stream, then a transaction with the
 * block's SHA-256: when that is durable, so is everything in front of it in the log, the block
 * included. Completing it counts and hashes these entries, freezes the head, and names the frozen
 * version instead, in one transaction. A crash in front of that leaves the upload as it was; the
 * frozen version that nobody names goes when the lineage opens.
 */
import type { Transaction } from "@firn/core";
import type { CatalogTransaction, SnapshotRecord, Tag, TokenRecord } from "./catalog.ts";
import { cloneHead } from "./clone-head.ts";
import {
  SNAPSHOT_GIB_MAX,
  UPLOAD_TIMEOUT_DEFAULT_MS,
  UPLOAD_TIMEOUT_MAX_MS,
  UPLOAD_TIMEOUT_MIN_MS,
  UPLOADS_MAX,
} from "./constants.ts";
import { describeSnapshot, type SnapshotDescription } from "./descriptions.ts";
import { checkCompleted, snapshotNotFound, type EngineContext } from "./engine-context.ts";
import { volumeError } from "./errors.ts";
import { memberKey, memberValue } from "./members.ts";
import { checkTags } from "./tags.ts";

export interface StartSnapshotOptions {
  /** GiB, 1 to 65,536; not below the parent's. */
  readonly sizeGiB: number;
  /** Blocks that are not put are this snapshot's. */
  readonly parentSnapshotId?: string | undefined;
  readonly description?: string | undefined;
  readonly tags?: readonly Tag[] | undefined;
  /** The same token with the same options gives the same snapshot again. */
  readonly clientToken?: string | undefined;
  /** Ten minutes to three days without a block fail it; default one hour. */
  readonly timeoutMs?: number | undefined;
}

/** AWS shows it as the volume of snapshots that had none. */
const NO_VOLUME = "vol-ffffffff";
/** The number of the head of a lineage's first version. */
const FIRST_HEAD = 1;

/** A pending snapshot. @throws what `DirectSnapshots.start` says. */
export async function startSnapshot(
  context: EngineContext,
  options: StartSnapshotOptions,
): Promise<SnapshotDescription> {
  checkTags(options.tags ?? []);
  checkFigures(options);
  const request = JSON.stringify({ ...options, clientToken: undefined });
  const { clientToken, parentSnapshotId } = options;
  if (clientToken !== undefined) {
    const earlier = await context.find<TokenRecord>("uploadToken", clientToken);
    if (earlier !== undefined) return earlierStart(context, earlier, request);
  }
  const draft = { options, request, snapshotId: context.newId("snap") };
  if (parentSnapshotId !== undefined) return startOnParent(context, draft, parentSnapshotId);
  const salt = new DataView(context.store.random.bytes(4).slice().buffer).getUint32(0);
  return context.transact(readsOf(options), (catalog, tx) => {
    const encrypted = context.isEncrypting;
    const place = { space: tx.createKeySpace(), salt, encrypted, version: FIRST_HEAD };
    return insertPending(context, { draft, place }, { catalog, tx });
  });
}

interface Draft {
  readonly options: StartSnapshotOptions;
  readonly request: string;
  readonly snapshotId: string;
}

async function startOnParent(
  context: EngineContext,
  draft: Draft,
  parentId: string,
): Promise<SnapshotDescription> {
  const parent = await context.snapshot(parentId);
  checkCompleted(parent);
  if (draft.options.sizeGiB < parent.sizeGiB) {
    const text = `The volume size must not be below the ${parent.sizeGiB} GiB of ${parentId}.`;
    throw volumeError("FIRN_VOLUME_PARAMETER", text, { detail: { parameter: "volumeSize" } });
  }
  const { space, salt, encrypted } = parent;
  return cloneHead(context, parent, async (version) => {
    const reads = [["snapshot", parentId] as const, ...readsOf(draft.options)];
    const value = await context.transact(reads, (catalog, tx) => {
      if (catalog.snapshot(parentId) === undefined) throw snapshotNotFound(parentId);
      const place = { space, salt, encrypted, version };
      return insertPending(context, { draft, place }, { catalog, tx });
    });
    return { value, named: value.snapshotId === draft.snapshotId };
  });
}

function insertPending(
  context: EngineContext,
  pending: {
    draft: Draft;
    place: Pick<SnapshotRecord, "space" | "salt" | "encrypted" | "version">;
  },
  write: { catalog: CatalogTransaction; tx: Transaction },
): SnapshotDescription {
  const { draft, place } = pending;
  const { options, snapshotId, request } = draft;
  const { catalog, tx } = write;
  const { clientToken } = options;
  const earlier = clientToken === undefined ? undefined : catalog.token(clientToken, "uploadToken");
  if (earlier !== undefined) {
    checkSameRequest(earlier, request);
    const record = catalog.snapshot(earlier.volumeId);
    if (record === undefined) throw snapshotNotFound(earlier.volumeId);
    return describeSnapshot(record, context.scope.accountId);
  }
  if (catalog.count("pending", UPLOADS_MAX) === UPLOADS_MAX) {
    const text = `No more than ${UPLOADS_MAX} snapshots may be pending at a time.`;
    throw volumeError("FIRN_SNAPSHOT_UPLOAD_LIMIT", text);
  }
  const record: SnapshotRecord = {
    ...place,
    snapshotId,
    volumeId: NO_VOLUME,
    sizeGiB: options.sizeGiB,
    startTime: tx.now,
    description: options.description ?? "",
    tags: options.tags ?? [],
    upload: {
      blocks: tx.createKeySpace(),
      timeoutMs: options.timeoutMs ?? UPLOAD_TIMEOUT_DEFAULT_MS,
      parentSnapshotId: options.parentSnapshotId ?? "",
      clientToken: clientToken ?? "",
      failed: false,
    },
  };
  tx.put(place.space, memberKey(place.version), memberValue(place.version));
  catalog.put("snapshot", snapshotId, record);
  catalog.put("pending", snapshotId, true);
  if (clientToken !== undefined) {
    catalog.put("uploadToken", clientToken, { volumeId: snapshotId, request });
  }
  return describeSnapshot(record, context.scope.accountId);
}

async function earlierStart(
  context: EngineContext,
  earlier: TokenRecord,
  request: string,
): Promise<SnapshotDescription> {
  checkSameRequest(earlier, request);
  return describeSnapshot(await context.snapshot(earlier.volumeId), context.scope.accountId);
}

function checkSameRequest(earlier: TokenRecord, request: string): void {
  if (earlier.request === request) return;
  const text = "The client token has been used with other parameters.";
  throw volumeError("FIRN_VOLUME_TOKEN_MISMATCH", text, {
    detail: { snapshotId: earlier.volumeId },
  });
}

function readsOf({ clientToken }: StartSnapshotOptions): (readonly ["uploadToken", string])[] {
  return clientToken === undefined ? [] : [["uploadToken", clientToken]];
}

function checkFigures({ sizeGiB, timeoutMs }: StartSnapshotOptions): void {
  if (!Number.isSafeInteger(sizeGiB) || sizeGiB < 1 || sizeGiB > SNAPSHOT_GIB_MAX) {
    const text = `The volume size must be 1 to ${SNAPSHOT_GIB_MAX} GiB.`;
    throw volumeError("FIRN_VOLUME_PARAMETER", text, { detail: { parameter: "volumeSize" } });
  }
  if (timeoutMs === undefined) return;
  if (timeoutMs >= UPLOAD_TIMEOUT_MIN_MS && timeoutMs <= UPLOAD_TIMEOUT_MAX_MS) return;
  const text = "The timeout must be ten minutes to three days.";
  throw volumeError("FIRN_VOLUME_PARAMETER", text, { detail: { parameter: "timeout" } });
}
