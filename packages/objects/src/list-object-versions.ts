import type { Entry, RangePage, ReadView } from "@firn/core";
import { quoted } from "./conditions.ts";
import { LIST_KEYS_MAX } from "./constants.ts";
import { findBucket } from "./engine.ts";
import type { Engine } from "./engine.ts";
import { objectError } from "./errors.ts";
import {
  behindKey,
  headBound,
  headKey,
  headKeys,
  nullOrderKey,
  versionKey,
  versionKeys,
  versionsPrefix,
} from "./layout/key-layout.ts";
import { isDeleteMarker, unpackObject, unpackVersion } from "./layout/records.ts";
import type { BucketRecord } from "./layout/records.ts";
import { NULL_VERSION, ORDER_DIGITS, orderOfId } from "./layout/version-order.ts";
import { restoreStatus } from "./lifecycle/restore.ts";
import { checkCount } from "./listing/check-count.ts";
import { listNames, startAfterName } from "./listing/list-names.ts";
import type { Listed, ListQuery } from "./listing/list-names.ts";
import { PagedList } from "./listing/paged-list.ts";
import { checkVersionId, nullOrder } from "./object-versions.ts";
import type { ListObjectVersionsRequest, ListedVersion, VersionsPage } from "./version-types.ts";

export function listObjectVersions(
  engine: Engine,
  request: ListObjectVersionsRequest,
): PagedList<ListedVersion, VersionsPage> {
  return new PagedList({
    first: () => versionsPage(engine, request),
    behind: async ({ isTruncated, nextKeyMarker, nextVersionIdMarker }) => {
      if (!isTruncated) return undefined;
      const markers = { keyMarker: nextKeyMarker, versionIdMarker: nextVersionIdMarker };
      return await versionsPage(engine, { ...request, ...markers });
    },
    items: (page) => page.versions,
  });
}

/** One page is one read view. */
async function versionsPage(
  engine: Engine,
  request: ListObjectVersionsRequest,
): Promise<VersionsPage> {
  checkMarkers(request);
  const limit = checkCount("maxKeys", request.maxKeys, { min: 0, max: LIST_KEYS_MAX });
  const bucket = await findBucket(engine, request);
  const query = { prefix: request.prefix ?? "", delimiter: request.delimiter ?? "", limit };
  using view = engine.store.view();
  const start = await startOf(view, bucket, { request, query });
  const pager = (page: RangePage): Promise<Entry[]> => mergedPage(view, bucket, page);
  const listed = await listNames(pager, versionKeys, { ...query, start });
  const within = request.versionIdMarker === undefined ? undefined : request.keyMarker;
  const versions = listedVersions(listed.found, within, {
    owner: bucket.owner,
    now: engine.store.clock.now(),
  });
  const last = listed.truncated ? listed.found.at(-1) : undefined;
  return {
    versions,
    commonPrefixes: listed.found.flatMap((one) => (one.kind === "prefix" ? [one.name] : [])),
    isTruncated: listed.truncated,
    nextKeyMarker: last?.name,
    nextVersionIdMarker: last?.kind === "entry" ? versions.at(-1)?.versionId : undefined,
    owner: bucket.owner,
  };
}

/**
 * A page over the current and the older versions as if they lay in one family of keys: a current
 * version takes the place before the older ones of its key.
 */
async function mergedPage(view: ReadView, bucket: BucketRecord, page: RangePage): Promise<Entry[]> {
  const { limit, gte, lt } = page;
  const heads = { limit, gte: gte && headBound(gte), lt: lt && headBound(lt) };
  const [current, older] = await Promise.all([
    view.page(bucket.space, heads),
    view.page(bucket.space, page),
  ]);
  const placed = current.map(({ key, value }) => ({
    key: versionKey(headKeys.name(key), NEWEST),
    value,
  }));
  return mergeEntries(placed, older).slice(0, limit);
}

/** Inverted it is the lowest: no version is written with it. */
const NEWEST: string = "f".repeat(ORDER_DIGITS);

function mergeEntries(one: readonly Entry[], other: readonly Entry[]): Entry[] {
  const merged: Entry[] = [];
  let at = 0;
  for (const entry of one) {
    for (let next = other[at]; next !== undefined; next = other[at]) {
      if (Buffer.compare(next.key, entry.key) > 0) break;
      merged.push(next);
      at++;
    }
    merged.push(entry);
  }
  return [...merged, ...other.slice(at)];
}

function checkMarkers({ keyMarker, versionIdMarker }: ListObjectVersionsRequest): void {
  checkVersionId(versionIdMarker);
  if (versionIdMarker === undefined || keyMarker !== undefined) return;
  throw objectError(
    "FIRN_OBJECT_ARGUMENT_INVALID",
    "A version-id marker cannot be specified without a key marker.",
    { detail: { argument: "version-id-marker", value: versionIdMarker } },
  );
}

interface Start {
  readonly request: ListObjectVersionsRequest;
  readonly query: ListQuery;
}

async function startOf(
  view: ReadView,
  { space }: BucketRecord,
  { request, query }: Start,
): Promise<Uint8Array | undefined> {
  const { keyMarker: key, versionIdMarker: versionId } = request;
  if (key === undefined) return undefined;
  if (versionId === undefined) return startAfterName(versionKeys, key, query);
  if (versionId !== NULL_VERSION) return behindKey(versionKey(key, orderOfId(versionId)));
  const order = nullOrder(await view.get(space, nullOrderKey(key)));
  if (order !== undefined) return behindKey(versionKey(key, order));
  const head = await view.get(space, headKey(key));
  const isCurrent = head !== undefined && unpackObject(head).versionId === NULL_VERSION;
  // Deleted since: where it was is not known, and showing versions twice is better than not at all.
  return isCurrent ? behindKey(versionKey(key, NEWEST)) : versionsPrefix(key);
}

interface Seen {
  /** The bucket's. */
  readonly owner: string;
  /** Milliseconds since 1970 UTC. */
  readonly now: number;
}

/** `within`: the key whose newest versions were on the page before. */
function listedVersions(
  found: readonly Listed[],
  within: string | undefined,
  of: Seen,
): ListedVersion[] {
  const versions: ListedVersion[] = [];
  let before = within;
  for (const one of found) {
    if (one.kind === "prefix") continue;
    versions.push(listedVersion(one, one.name !== before, of));
    before = one.name;
  }
  return versions;
}

function listedVersion(
  { name, entry }: Extract<Listed, { kind: "entry" }>,
  isLatest: boolean,
  of: Seen,
): ListedVersion {
  const record = unpackVersion(entry.value);
  const { versionId } = record;
  const shared = { key: name, versionId, isLatest, lastModified: new Date(record.lastModified) };
  if (isDeleteMarker(record)) return { ...shared, deleteMarker: true };
  return {
    ...shared,
    deleteMarker: false,
    size: record.size,
    eTag: quoted(record.etag),
    storageClass: record.storageClass,
    checksumAlgorithm: record.checksum?.algorithm,
    checksumType: record.checksum?.type,
    owner: record.owner ?? of.owner,
    restore: restoreStatus(record, of.now),
  };
}
