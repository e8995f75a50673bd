import { packValue, prefixEnd, unpackValue } from "@firn/core";
import type { KeyRange, Transaction } from "@firn/core";
import { INVENTORIES_MAX, INVENTORIES_PAGE } from "../constants.ts";
import { bucketIn, bucketKey, findBucket, inventoryBucketKey } from "../engine.ts";
import type { Engine } from "../engine.ts";
import { objectError, throwIfAborted } from "../errors.ts";
import { behindKey, configurationKey } from "../layout/key-layout.ts";
import type { BucketRecord } from "../layout/records.ts";
import { readToken, writeToken } from "../listing/token.ts";
import type {
  InventoriesPage,
  InventoryConfiguration,
  InventoryRequest,
  ListInventoriesRequest,
  PutInventoryRequest,
} from "./inventory-types.ts";

/** A configuration, and when it was last written (or put): milliseconds since 1970 UTC. */
export interface KeptInventory {
  readonly inventory: InventoryConfiguration;
  readonly lastMs: number;
}

const PREFIX = "inventory/";
const ID = /^[\w.-]{1,64}$/;

export function inventoryKey(id: string): Uint8Array {
  return configurationKey(`${PREFIX}${id}`);
}

/** All configurations of a bucket. */
export function allInventories(): Required<Pick<KeyRange, "gte">> & KeyRange {
  const gte = configurationKey(PREFIX);
  return { gte, lt: prefixEnd(gte) };
}

export function unpackInventory(bytes: Uint8Array): KeptInventory {
  return unpackValue<KeptInventory>(bytes);
}

/** @throws FIRN_BUCKET_CONFIGURATION_NOT_FOUND. */
export async function getBucketInventory(
  engine: Engine,
  request: InventoryRequest,
): Promise<InventoryConfiguration> {
  const { space } = await findBucket(engine, request);
  const bytes = ID.test(request.id)
    ? await engine.store.get(space, inventoryKey(request.id))
    : undefined;
  if (bytes === undefined) throw notFound();
  return unpackInventory(bytes).inventory;
}

/**
 * @throws FIRN_BUCKET_INVENTORY_TARGET, FIRN_BUCKET_INVENTORY_LIMIT,
 * FIRN_OBJECT_ARGUMENT_INVALID.
 */
export async function putBucketInventory(
  engine: Engine,
  request: PutInventoryRequest,
): Promise<void> {
  const { inventory } = request;
  const { id, destination } = inventory;
  if (!ID.test(id)) {
    const detail = { argument: "id", value: id.slice(0, 128) };
    throw objectError("FIRN_OBJECT_ARGUMENT_INVALID", "The id is not well formed", { detail });
  }
  const target = bucketKey(destination.bucket);
  await change(engine, { ...request, more: [target] }, (tx, bucket) => {
    const bytes = tx.get(engine.root, target);
    const owner = destination.accountId ?? bucket.owner;
    const found = bytes && engine.buckets.of(destination.bucket, bytes);
    if (found?.owner !== owner) throw targetError();
    const key = inventoryKey(id);
    const kept = tx.range(bucket.space, { ...allInventories(), limit: INVENTORIES_MAX });
    const before = kept.find((one) => Buffer.compare(one.key, key) === 0);
    if (before === undefined && kept.length >= INVENTORIES_MAX) throw limitError();
    const lastMs = before === undefined ? tx.now : unpackInventory(before.value).lastMs;
    tx.put(bucket.space, key, packValue({ inventory, lastMs }));
    tx.put(engine.root, inventoryBucketKey(request.bucket), new Uint8Array());
  });
}

/** @throws FIRN_BUCKET_CONFIGURATION_NOT_FOUND. */
export async function deleteBucketInventory(
  engine: Engine,
  request: InventoryRequest,
): Promise<void> {
  await change(engine, { ...request, more: [] }, (tx, bucket) => {
    const key = ID.test(request.id) ? inventoryKey(request.id) : undefined;
    if (key === undefined || tx.get(bucket.space, key) === undefined) throw notFound();
    tx.delete(bucket.space, key);
    if (tx.range(bucket.space, { ...allInventories(), limit: 1 }).length > 0) return;
    tx.delete(engine.root, inventoryBucketKey(request.bucket));
  });
}

export async function listBucketInventories(
  engine: Engine,
  request: ListInventoriesRequest,
): Promise<InventoriesPage> {
  const { space } = await findBucket(engine, request);
  const { continuationToken: token } = request;
  const all = allInventories();
  const gte = token === undefined ? all.gte : behindKey(inventoryKey(readToken(token)));
  using view = engine.store.view();
  const page = await view.page(space, { ...all, gte, limit: INVENTORIES_PAGE + 1 });
  const inventories = page
    .slice(0, INVENTORIES_PAGE)
    .map(({ value }) => unpackInventory(value).inventory);
  const last = page.length > INVENTORIES_PAGE ? inventories.at(-1) : undefined;
  return { inventories, continuationToken: last && writeToken(last.id) };
}

interface Changing {
  readonly bucket: string;
  readonly expectedBucketOwner?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Further keys of the root. */
  readonly more: readonly Uint8Array[];
}

async function change(
  engine: Engine,
  request: Changing,
  act: (tx: Transaction, bucket: BucketRecord) => void,
): Promise<void> {
  throwIfAborted(request.signal);
  const keys = [bucketKey(request.bucket), ...request.more];
  await engine.store.transact((tx) => act(tx, bucketIn(engine, tx, request)), {
    reads: keys.map((key) => [engine.root, key] as const),
  });
}

function notFound(): Error {
  return objectError(
    "FIRN_BUCKET_CONFIGURATION_NOT_FOUND",
    "The specified configuration does not exist.",
  );
}

function targetError(): Error {
  return objectError(
    "FIRN_BUCKET_INVENTORY_TARGET",
    "The destination bucket does not exist, or another account owns it.",
  );
}

function limitError(): Error {
  return objectError(
    "FIRN_BUCKET_INVENTORY_LIMIT",
    "You are attempting to create a new configuration but have already reached the " +
      "1,000-configuration limit.",
  );
}
