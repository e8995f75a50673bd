import type { StagedBlob, Transaction } from "@firn/core";
import { checkAttributes } from "./attributes.ts";
import { stageBody } from "./body/stage-body.ts";
import type { Checksum } from "./checksum/checksum.ts";
import { checkWriteConditions, quoted } from "./conditions.ts";
import { bucketIn, bucketKey, findBucket } from "./engine.ts";
import type { Engine } from "./engine.ts";
import { throwIfAborted } from "./errors.ts";
import type { ObjectPart } from "./layout/records.ts";
import { checkObjectKey } from "./names/object-key.ts";
import { headIn, putHead } from "./object-heads.ts";
import type { PutObjectRequest, PutObjectResult } from "./object-types.ts";
import { keyReads, makeRoom, shownVersion } from "./object-versions.ts";

/**
 * The bytes are written and synced first, under no name. One transaction then decides the
 * conditions upon the newest state, names the bytes, and keeps or lets go of those that were there.
 */
export async function putObject(
  engine: Engine,
  request: PutObjectRequest,
): Promise<PutObjectResult> {
  checkObjectKey(request.key);
  const attributes = checkAttributes(request);
  const found = await findBucket(engine, request);
  const body = await stageBody(engine, request);
  throwIfAborted(request.signal);
  const { checksum: requested, key } = request;
  const checksum: Checksum | undefined =
    requested === undefined || body.checksum === undefined
      ? undefined
      : { algorithm: requested.algorithm, type: "FULL_OBJECT", value: body.checksum };
  const { etag, size } = body;
  const { reads, ranges } = keyReads(found, key);
  const versionId = await engine.store.transact(
    (tx) => {
      const bucket = bucketIn(engine, tx, request);
      const { space } = bucket;
      const current = headIn(tx, space, key);
      checkWriteConditions(current, request);
      const identity = makeRoom(tx, engine, { bucket, key, current });
      const record = {
        ...identity,
        lastModified: tx.now,
        size,
        etag,
        ...attributes,
        checksum,
      };
      const parts = attachPart(tx, body.staged);
      putHead(tx, { space, key, record, parts });
      return shownVersion(bucket, identity);
    },
    { reads: [[engine.root, bucketKey(request.bucket)], ...reads], ranges },
  );
  return { eTag: quoted(etag), size, checksum, versionId };
}

function attachPart(tx: Transaction, staged: StagedBlob | undefined): ObjectPart[] {
  if (staged === undefined) return [];
  return [{ number: 1, blob: tx.attachBlob(staged), size: staged.bytes }];
}
