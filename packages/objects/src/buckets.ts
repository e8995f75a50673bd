import { CLOSED } from "./access/bucket-access.ts";
import { packValue, prefixEnd, unpackValue } from "@firn/core";
import type { KeySpaceId, Transaction } from "@firn/core";
import type {
  BucketInfo,
  BucketRequest,
  BucketsPage,
  CreateBucketRequest,
  ListBucketsRequest,
} from "./bucket-types.ts";
import { BUCKETS_MAX, INDEXED_RECORD_BYTES, LIST_BUCKETS_MAX } from "./constants.ts";
import {
  bucketCountKey,
  bucketIn,
  bucketKey,
  findBucket,
  inventoryBucketKey,
  lifecycleBucketKey,
  loggedBucketKey,
  ownedBucketKey,
} from "./engine.ts";
import type { Engine } from "./engine.ts";
import { objectError, throwIfAborted } from "./errors.ts";
import { behindKey, headKey, uploadIdOf, uploadKeys, versionKeys } from "./layout/key-layout.ts";
import { packBucket, unpackBucket } from "./layout/records.ts";
import type { BucketRecord } from "./layout/records.ts";
import { PagedList } from "./listing/paged-list.ts";
import { readToken, writeToken } from "./listing/token.ts";
import { checkCount } from "./listing/check-count.ts";
import { keepUse } from "./monthly-use.ts";
import { abortMultipartUpload } from "./multipart/abort-multipart-upload.ts";
import { checkBucketName } from "./names/bucket-name.ts";
import { accountQuotaKey, newBucketQuota } from "./quota/account-held.ts";

export async function createBucket(
  engine: Engine,
  request: CreateBucketRequest,
): Promise<BucketInfo> {
  throwIfAborted(request.signal);
  checkBucketName(request.bucket);
  const { bucket } = request;
  const { accountId: owner, region } = engine.scope;
  const record = await engine.store.transact(
    (tx) => {
      checkFree(engine, tx, { bucket, owner });
      const made: BucketRecord = {
        owner,
        region: request.region ?? region,
        created: tx.now,
        space: tx.createKeySpace({ indexedValueBytes: INDEXED_RECORD_BYTES }),
        objectOwnership: request.objectOwnership ?? "BucketOwnerEnforced",
        publicAccessBlock:
          request.publicAccessBlock === undefined ? CLOSED : request.publicAccessBlock,
        acl: request.acl,
        ...(request.objectLockEnabledForBucket === true ? LOCKABLE : {}),
      };
      return placeBucket(engine, tx, { bucket, made });
    },
    { reads: placeReads(engine, { bucket, owner }) },
  );
  return infoOf(bucket, record);
}

export interface BucketName {
  readonly bucket: string;
  readonly owner: string;
}

/** What `checkFree` and `placeBucket` read. */
export function placeReads(
  { root }: Engine,
  { bucket, owner }: BucketName,
): (readonly [KeySpaceId, Uint8Array])[] {
  return [
    [root, bucketKey(bucket)],
    [root, bucketCountKey(owner)],
    [root, accountQuotaKey(owner)],
  ];
}

/** @throws FIRN_BUCKET_OWNED, FIRN_BUCKET_EXISTS. */
export function checkFree(engine: Engine, tx: Transaction, { bucket, owner }: BucketName): void {
  const existing = tx.get(engine.root, bucketKey(bucket));
  if (existing !== undefined) throw takenError(bucket, unpackBucket(existing), owner);
}

/** Gives a free name to a bucket, in the account's quota from now on. @throws FIRN_BUCKET_LIMIT. */
export function placeBucket(
  engine: Engine,
  tx: Transaction,
  { bucket, made }: { readonly bucket: string; readonly made: BucketRecord },
): BucketRecord {
  const { root } = engine;
  const { owner } = made;
  countBuckets(engine, tx, { owner, change: 1 });
  const placed = { ...made, quota: newBucketQuota(tx, { root, accountId: owner }) };
  tx.put(root, bucketKey(bucket), packBucket(placed));
  tx.put(root, ownedBucketKey(owner, bucket), new Uint8Array());
  return placed;
}

const LOCKABLE: Pick<BucketRecord, "versioning" | "lock"> = { versioning: "Enabled", lock: {} };

export async function headBucket(engine: Engine, request: BucketRequest): Promise<BucketInfo> {
  return infoOf(request.bucket, await findBucket(engine, request));
}

/**
 * Open uploads do not keep a bucket: they are aborted first, each in a transaction of its own, so
 * that no batch grows with their parts. The last transaction sees that nothing has come meanwhile.
 */
export async function deleteBucket(engine: Engine, request: BucketRequest): Promise<void> {
  const key = bucketKey(request.bucket);
  for (;;) {
    const { space } = await findBucket(engine, request);
    const heads = { gte: headKey(""), lt: prefixEnd(headKey("")), limit: 1 };
    const versions = {
      gte: versionKeys.prefix(""),
      lt: prefixEnd(versionKeys.prefix("")),
      limit: 1,
    };
    const uploads = { gte: uploadKeys.prefix(""), lt: prefixEnd(uploadKeys.prefix("")), limit: 1 };
    const open = await engine.store.transact(
      (tx) => {
        const bucket = bucketIn(engine, tx, request);
        const kept = [heads, versions].some((page) => tx.range(bucket.space, page).length > 0);
        if (kept) throw notEmptyError(request.bucket);
        const upload = tx.range(bucket.space, uploads)[0];
        if (upload !== undefined) return upload.key;
        keepUse(tx, engine, bucket);
        tx.dropKeySpace(bucket.space);
        countBuckets(engine, tx, { owner: bucket.owner, change: -1 });
        tx.delete(engine.root, key);
        if (bucket.lifecycle === true) tx.delete(engine.root, lifecycleBucketKey(request.bucket));
        if (bucket.logging !== undefined) tx.delete(engine.root, loggedBucketKey(request.bucket));
        tx.delete(engine.root, inventoryBucketKey(request.bucket));
        tx.delete(engine.root, ownedBucketKey(bucket.owner, request.bucket));
        return undefined;
      },
      {
        reads: [[engine.root, key]],
        ranges: [
          [space, heads],
          [space, versions],
          [space, uploads],
        ],
      },
    );
    if (open === undefined) {
      engine.logged.delete(request.bucket);
      return;
    }
    await abortMultipartUpload(engine, {
      ...request,
      key: uploadKeys.name(open),
      uploadId: uploadIdOf(open),
    });
  }
}

/** The buckets of the engine's account. */
export function listBuckets(
  engine: Engine,
  request: ListBucketsRequest,
): PagedList<BucketInfo, BucketsPage> {
  const pageFrom = (token: string | undefined): Promise<BucketsPage> =>
    bucketsPage(engine, request, token);
  return new PagedList({
    first: () => pageFrom(request.continuationToken),
    behind: async (page) =>
      page.continuationToken === undefined ? undefined : await pageFrom(page.continuationToken),
    items: (page) => page.buckets,
  });
}

async function bucketsPage(
  engine: Engine,
  request: ListBucketsRequest,
  token: string | undefined,
): Promise<BucketsPage> {
  throwIfAborted(request.signal);
  const limit = checkCount("maxBuckets", request.maxBuckets, { min: 1, max: LIST_BUCKETS_MAX });
  const owner = engine.scope.accountId;
  const prefix = ownedBucketKey(owner, request.prefix ?? "");
  const gte = token === undefined ? prefix : behindKey(ownedBucketKey(owner, readToken(token)));
  using view = engine.store.view();
  const buckets: BucketInfo[] = [];
  for await (const entry of view.range(engine.root, { gte, lt: prefixEnd(prefix) })) {
    const name = Buffer.from(entry.key).toString("utf8", owner.length + 2);
    const bytes = await view.get(engine.root, bucketKey(name));
    if (bytes === undefined) continue;
    const info = infoOf(name, unpackBucket(bytes));
    if (request.bucketRegion !== undefined && info.bucketRegion !== request.bucketRegion) continue;
    if (buckets.length === limit) {
      return { buckets, continuationToken: writeToken(buckets.at(-1)?.name ?? "") };
    }
    buckets.push(info);
  }
  return { buckets };
}

function countBuckets(
  engine: Engine,
  tx: Transaction,
  { owner, change }: { readonly owner: string; readonly change: 1 | -1 },
): void {
  const key = bucketCountKey(owner);
  const before = tx.get(engine.root, key);
  const count = (before === undefined ? 0 : unpackValue<number>(before)) + change;
  if (count > BUCKETS_MAX) {
    throw objectError(
      "FIRN_BUCKET_LIMIT",
      "You have attempted to create more buckets than allowed",
      { detail: { bucketsMax: BUCKETS_MAX } },
    );
  }
  tx.put(engine.root, key, packValue(count));
}

function infoOf(name: string, record: BucketRecord): BucketInfo {
  return {
    name,
    creationDate: new Date(record.created),
    bucketRegion: record.region,
    owner: record.owner,
  };
}

function takenError(bucket: string, existing: BucketRecord, owner: string): Error {
  const detail = { bucket };
  if (existing.owner === owner) {
    return objectError(
      "FIRN_BUCKET_OWNED",
      "Your previous request to create the named bucket succeeded and you already own it.",
      { detail },
    );
  }
  return objectError(
    "FIRN_BUCKET_EXISTS",
    "The requested bucket name is not available. The bucket namespace is shared by all users of " +
      "the system. Please select a different name and try again.",
    { detail },
  );
}

function notEmptyError(bucket: string): Error {
  return objectError("FIRN_BUCKET_NOT_EMPTY", "The bucket you tried to delete is not empty", {
    detail: { bucket },
  });
}
