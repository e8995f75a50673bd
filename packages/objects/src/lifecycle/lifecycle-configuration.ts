import type { Soon } from "@firn/core";
import type { BucketRequest } from "../bucket-types.ts";
import { configurationOf, readConfiguration, writeConfiguration } from "../configurations.ts";
import { lifecycleBucketKey } from "../engine.ts";
import type { Engine } from "../engine.ts";
import { objectError } from "../errors.ts";
import { newId } from "../ids.ts";
import type { BucketRecord } from "../layout/records.ts";
import { checkLifecycle } from "./check-lifecycle.ts";
import { abortOf, expirationOf } from "./lifecycle-rules.ts";
import type { Ruled } from "./lifecycle-rules.ts";
import type {
  ExpirationNotice,
  LifecycleConfiguration,
  PutBucketLifecycleRequest,
} from "./lifecycle-types.ts";

const NAME = "lifecycle";

export async function getBucketLifecycle(
  engine: Engine,
  request: BucketRequest,
): Promise<LifecycleConfiguration> {
  const found = await readConfiguration<LifecycleConfiguration>(engine, request, NAME);
  if (found !== undefined) return found;
  throw objectError(
    "FIRN_BUCKET_LIFECYCLE_NOT_FOUND",
    "The lifecycle configuration does not exist",
    { detail: { bucket: request.bucket } },
  );
}

/** Rules without an id get one, and keep it. */
export async function putBucketLifecycle(
  engine: Engine,
  request: PutBucketLifecycleRequest,
): Promise<void> {
  const { lifecycle, bucket } = request;
  checkLifecycle(lifecycle);
  const rules = lifecycle.rules.map((rule) => ({ ...rule, id: rule.id ?? newId(engine) }));
  await writeConfiguration(engine, request, {
    name: NAME,
    value: { ...lifecycle, rules },
    stamp: () => ({ lifecycle: true }),
    also: (tx) => tx.put(engine.root, lifecycleBucketKey(bucket), new Uint8Array()),
  });
}

export async function deleteBucketLifecycle(engine: Engine, request: BucketRequest): Promise<void> {
  await writeConfiguration(engine, request, {
    name: NAME,
    value: undefined,
    stamp: () => ({ lifecycle: undefined }),
    also: (tx) => tx.delete(engine.root, lifecycleBucketKey(request.bucket)),
  });
}

/** The rules of a bucket that was found; asked for only when it has some. */
export async function lifecycleOf(
  engine: Engine,
  bucket: BucketRecord,
): Promise<LifecycleConfiguration | undefined> {
  if (bucket.lifecycle !== true) return undefined;
  return await configurationOf<LifecycleConfiguration>(engine, bucket, NAME);
}

/** When the rules will end a current version; at once where there are none. */
export function noticeOf(
  engine: Engine,
  bucket: BucketRecord,
  { key, record }: { readonly key: string; readonly record: Ruled },
): Soon<ExpirationNotice | undefined> {
  if (bucket.lifecycle !== true) return undefined;
  return lifecycleOf(engine, bucket).then(
    (configuration) => configuration && expirationOf(configuration, key, record),
  );
}

/** When the rules will abort an upload. */
export async function abortNoticeOf(
  engine: Engine,
  bucket: BucketRecord,
  { key, initiated }: { readonly key: string; readonly initiated: number },
): Promise<ExpirationNotice | undefined> {
  const configuration = await lifecycleOf(engine, bucket);
  return configuration && abortOf(configuration, key, initiated);
}
