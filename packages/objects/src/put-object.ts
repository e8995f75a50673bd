import type { StagedBlob, Transaction } from "@firn/core";
import { checkAttributes } from "./attributes.ts";
import { stageBody } from "./body/stage-body.ts";
import type { Checksum } from "./checksum/checksum.ts";
import { checkWriteConditions, quoted } from "./conditions.ts";
import { bucketIn, bucketKey, findBucket } from "./engine.ts";
import type { Engine } from "./engine.ts";
import { throwIfAborted } from "./errors.ts";
import { headKey } from "./layout/key-layout.ts";
import type { ObjectPart } from "./layout/records.ts";
import { checkObjectKey } from "./names/object-key.ts";
import { headIn, replaceHead } from "./object-heads.ts";
import type { PutObjectRequest, PutObjectResult } from "./object-types.ts";

/**
 * The bytes are written and synced first, under no name. One transaction then decides the
 * conditions upon the newest state, names the bytes and lets go of those that were there.
 */
export async function putObject(
  engine: Engine,
  request: PutObjectRequest,
): Promise<PutObjectResult> {
  checkObjectKey(request.key);
  const attributes = checkAttributes(request);
  const { space } = await findBucket(engine, request);
  const body = await stageBody(engine, request);
  throwIfAborted(request.signal);
  const { checksum: requested, bucket, key } = request;
  const checksum: Checksum | undefined =
    requested === undefined || body.checksum === undefined
      ? undefined
      : { algorithm: requested.algorithm, type: "FULL_OBJECT", value: body.checksum };
  const { etag, size } = body;
  await engine.store.transact(
    (tx) => {
      const { space } = bucketIn(engine, tx, request);
      const current = headIn(tx, space, key);
      checkWriteConditions(current, request);
      const record = {
        versionId: "null",
        lastModified: tx.now,
        size,
        etag,
        ...attributes,
        checksum,
      };
      const parts = attachPart(tx, body.staged);
      replaceHead(tx, { space, key, current, record, parts });
    },
    {
      reads: [
        [engine.root, bucketKey(bucket)],
        [space, headKey(key)],
      ],
    },
  );
  return { eTag: quoted(etag), size, checksum };
}

function attachPart(tx: Transaction, staged: StagedBlob | undefined): ObjectPart[] {
  if (staged === undefined) return [];
  return [{ number: 1, blob: tx.attachBlob(staged), size: staged.bytes }];
}
