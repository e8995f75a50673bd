import { bucketIn, bucketKey, findBucket } from "../engine.ts";
import type { Engine } from "../engine.ts";
import { uploadKey } from "../layout/key-layout.ts";
import type { UploadRequest } from "../multipart-types.ts";
import { checkObjectKey } from "../names/object-key.ts";
import { allParts, noSuchUploadError, partsOfUpload, removeUpload, uploadIn } from "./uploads.ts";

/** Parts still on their way find no upload and are dropped. */
export async function abortMultipartUpload(engine: Engine, request: UploadRequest): Promise<void> {
  const { bucket, key, uploadId } = request;
  checkObjectKey(key);
  const found = await findBucket(engine, request);
  await engine.store.transact(
    (tx) => {
      const { space } = bucketIn(engine, tx, request);
      if (uploadIn(tx, space, request) === undefined) throw noSuchUploadError(uploadId);
      const parts = partsOfUpload(tx, space, uploadId);
      for (const { blob } of parts) if (blob !== undefined) tx.releaseBlob(blob);
      removeUpload(tx, space, { request, parts });
    },
    {
      reads: [
        [engine.root, bucketKey(bucket)],
        [found.space, uploadKey(key, uploadId)],
      ],
      ranges: [[found.space, allParts(uploadId)]],
    },
  );
}
