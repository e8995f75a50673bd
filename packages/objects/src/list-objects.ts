import { LIST_KEYS_MAX } from "./constants.ts";
import { quoted } from "./conditions.ts";
import { findBucket } from "./engine.ts";
import type { Engine } from "./engine.ts";
import { headKeys } from "./layout/key-layout.ts";
import { unpackObject } from "./layout/records.ts";
import { restoreStatus } from "./lifecycle/restore.ts";
import { checkCount } from "./listing/check-count.ts";
import { listNames, startAfterName } from "./listing/list-names.ts";
import { PagedList } from "./listing/paged-list.ts";
import { readToken, writeToken } from "./listing/token.ts";
import type {
  ListObjectsRequest,
  ListObjectsV2Request,
  ListedObject,
  ObjectsPage,
  ObjectsPageV1,
  ObjectsPageV2,
} from "./object-types.ts";

export function listObjectsV2(
  engine: Engine,
  request: ListObjectsV2Request,
): PagedList<ListedObject, ObjectsPageV2> {
  const pageFrom = async (token: string | undefined): Promise<ObjectsPageV2> => {
    const after = token === undefined ? request.startAfter : readToken(token);
    const { last, ...page } = await pageAfter(engine, request, after);
    return {
      ...page,
      keyCount: page.contents.length + page.commonPrefixes.length,
      nextContinuationToken: last === undefined ? undefined : writeToken(last),
    };
  };
  return new PagedList({
    first: () => pageFrom(request.continuationToken),
    behind: async ({ nextContinuationToken: token }) =>
      token === undefined ? undefined : await pageFrom(token),
    items: (page) => page.contents,
  });
}

export function listObjects(
  engine: Engine,
  request: ListObjectsRequest,
): PagedList<ListedObject, ObjectsPageV1> {
  const pageFrom = async (marker: string | undefined): Promise<ObjectsPageV1> => {
    const { last, ...page } = await pageAfter(engine, request, marker);
    return { ...page, nextMarker: last };
  };
  return new PagedList({
    first: () => pageFrom(request.marker),
    behind: async ({ nextMarker }) =>
      nextMarker === undefined ? undefined : await pageFrom(nextMarker),
    items: (page) => page.contents,
  });
}

interface PageAndLast extends ObjectsPage {
  /** The last name shown, when there are more. */
  readonly last: string | undefined;
}

/** One page is one read view: it shows the bucket as of one moment. */
async function pageAfter(
  engine: Engine,
  request: ListObjectsV2Request,
  after: string | undefined,
): Promise<PageAndLast> {
  const bounds = { min: 0, max: LIST_KEYS_MAX };
  const limit = checkCount("maxKeys", request.maxKeys, bounds);
  const bucket = await findBucket(engine, request);
  const query = { prefix: request.prefix ?? "", delimiter: request.delimiter ?? "", limit };
  const start = after === undefined ? undefined : startAfterName(headKeys, after, query);
  using view = engine.store.view();
  const listed = await listNames((page) => view.page(bucket.space, page), headKeys, {
    ...query,
    start,
  });
  const seen = { owner: bucket.owner, now: engine.store.clock.now() };
  const contents: ListedObject[] = [];
  const commonPrefixes: string[] = [];
  for (const one of listed.found) {
    if (one.kind === "prefix") commonPrefixes.push(one.name);
    else contents.push(listedObject(one.name, one.entry.value, seen));
  }
  const last = listed.truncated ? listed.found.at(-1)?.name : undefined;
  return { contents, commonPrefixes, isTruncated: listed.truncated, owner: bucket.owner, last };
}

interface Seen {
  /** The bucket's. */
  readonly owner: string;
  /** Milliseconds since 1970 UTC. */
  readonly now: number;
}

function listedObject(key: string, bytes: Uint8Array, { owner: of, now }: Seen): ListedObject {
  const record = unpackObject(bytes);
  const { size, etag, lastModified, storageClass, checksum, owner = of } = record;
  return {
    key,
    size,
    eTag: quoted(etag),
    lastModified: new Date(lastModified),
    storageClass,
    checksumAlgorithm: checksum?.algorithm,
    checksumType: checksum?.type,
    owner,
    restore: restoreStatus(record, now),
  };
}
