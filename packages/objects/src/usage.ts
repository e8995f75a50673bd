import { UsageTally, daysLacking, monthOf, unpackValue } from "@firn/core";
import type { Entry, MonthlyUse, ReadView, UsageLine, UsageOptions } from "@firn/core";
import type { Engine } from "./engine.ts";
import { bucketKey } from "./engine.ts";
import {
  behindPrefix,
  partKey,
  headKeys,
  uploadKeys,
  useKey,
  versionKeys,
} from "./layout/key-layout.ts";
import { pastUseKey, pastUseOf } from "./monthly-use.ts";
import {
  isDeleteMarker,
  unpackBucket,
  unpackUploadedPart,
  unpackVersion,
} from "./layout/records.ts";
import type { BucketRecord } from "./layout/records.ts";

interface Walk {
  readonly engine: Engine;
  readonly view: ReadView;
  readonly bucket: BucketRecord;
  readonly tally: UsageTally;
  readonly options: UsageOptions;
}

/** Current and older versions by storage class, and parts of open uploads, of all buckets. */
export async function usageOfObjects(engine: Engine, options: UsageOptions): Promise<UsageLine[]> {
  const tally = new UsageTally();
  const view = engine.store.view();
  try {
    const prefix = bucketKey("");
    for await (const { value } of view.range(engine.root, {
      gte: prefix,
      lt: behindPrefix(prefix),
    })) {
      await addBucket({ engine, view, bucket: unpackBucket(value), tally, options });
    }
    const gone = Buffer.from(pastUseKey("", "").subarray(0, 1));
    for await (const { key, value } of view.range(engine.root, {
      gte: gone,
      lt: behindPrefix(gone),
    })) {
      const month = monthAsked(engine, options);
      tally.addUse({ service: "s3", ...pastUseOf(key) }, unpackValue<MonthlyUse>(value), month);
    }
  } finally {
    view.close();
  }
  return tally.lines();
}

function monthAsked({ store }: Engine, { month }: UsageOptions): string {
  return month ?? monthOf(store.clock.now());
}

async function addBucket(walk: Walk): Promise<void> {
  await addUsed(walk);
  for await (const { value } of entriesOf(walk, headKeys.prefix(""))) addVersion(walk, value);
  for await (const { value } of entriesOf(walk, versionKeys.prefix(""))) addVersion(walk, value);
  // Without an upload there are no parts.
  if (!(await hasAny(walk, uploadKeys.prefix("")))) return;
  for await (const { value } of entriesOf(walk, partKey("", 0).subarray(0, 1))) {
    const { owner: accountId, region } = walk.bucket;
    const key = { service: "s3", accountId, region, item: "parts of open uploads" } as const;
    walk.tally.add(key, { count: 1, bytes: unpackUploadedPart(value).size });
  }
}

/** What was used of the bucket in the month: restores, transitions, early deletions. */
async function addUsed({ engine, view, bucket, tally, options }: Walk): Promise<void> {
  const bytes = await view.get(bucket.space, useKey());
  if (bytes === undefined) return;
  const owner = { service: "s3", accountId: bucket.owner, region: bucket.region } as const;
  tally.addUse(owner, unpackValue<MonthlyUse>(bytes), monthAsked(engine, options));
}

function addVersion({ engine, bucket, tally, options }: Walk, value: Uint8Array): void {
  const version = unpackVersion(value);
  if (isDeleteMarker(version)) return;
  const item = `storage ${version.storageClass}`;
  const { owner: accountId, region } = bucket;
  const now = engine.store.clock.now();
  const lacking = daysLacking(options.minimumDays(item), version.lastModified, now);
  const { size: bytes } = version;
  const key = { service: "s3", accountId, region, item } as const;
  tally.add(key, { count: 1, bytes, earlyByteDays: bytes * lacking });
}

function entriesOf({ view, bucket }: Walk, prefix: Uint8Array): AsyncIterable<Entry> {
  return view.range(bucket.space, { gte: prefix, lt: behindPrefix(prefix) });
}

async function hasAny({ view, bucket }: Walk, prefix: Uint8Array): Promise<boolean> {
  const page = { gte: prefix, lt: behindPrefix(prefix), limit: 1 };
  return (await view.page(bucket.space, page)).length > 0;
}
