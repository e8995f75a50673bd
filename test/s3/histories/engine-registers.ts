import { FirnError } from "@firn/core";
import type { ObjectStore } from "@firn/objects";
import { etagsOf, valueBytes, valueOf } from "./object-registers.ts";
import type { ObjectRegisters, Verdict } from "./object-registers.ts";

const REFUSALS: readonly string[] = ["FIRN_OBJECT_PRECONDITION_FAILED", "FIRN_OBJECT_NOT_FOUND"];

/** The keys of a bucket, by the engine's own calls. */
export function engineRegisters(objects: ObjectStore, bucket: string): ObjectRegisters {
  return {
    async read(key) {
      try {
        const { body } = await objects.getObject({ bucket, key });
        const chunks: Uint8Array[] = [];
        for await (const chunk of body) chunks.push(chunk);
        return valueOf(Buffer.concat(chunks));
      } catch (error) {
        if (error instanceof FirnError && error.code === "FIRN_OBJECT_NOT_FOUND") return undefined;
        throw error;
      }
    },
    async write(key, value) {
      await objects.putObject({ bucket, key, body: valueBytes(value) });
    },
    create: (key, value) => {
      const body = valueBytes(value);
      return verdict(objects.putObject({ bucket, key, body, ifNoneMatch: "*" }));
    },
    replace: (key, { expected, value }) => {
      const body = valueBytes(value);
      return verdict(objects.putObject({ bucket, key, body, ifMatch: etagsOf(expected) }));
    },
    async delete(key) {
      await objects.deleteObject({ bucket, key });
    },
    deleteValue: (key, value) =>
      verdict(objects.deleteObject({ bucket, key, ifMatch: etagsOf(value) })),
    async complete(key, value, isNew) {
      const { uploadId } = await objects.createMultipartUpload({ bucket, key });
      const upload = { bucket, key, uploadId };
      const body = valueBytes(value);
      const { eTag } = await objects.uploadPart({ ...upload, partNumber: 1, body });
      const parts = [{ partNumber: 1, eTag }];
      const ifNoneMatch = isNew ? "*" : undefined;
      return await verdict(objects.completeMultipartUpload({ ...upload, parts, ifNoneMatch }));
    },
    copy: ({ from, to }, value) => {
      const source = { sourceBucket: bucket, sourceKey: from };
      const copySource = { ifMatch: etagsOf(value) };
      return verdict(objects.copyObject({ bucket, key: to, ...source, copySource }));
    },
  };
}

/** A condition that does not hold, or that needs an object where there is none. */
async function verdict(work: Promise<unknown>): Promise<Verdict> {
  try {
    await work;
    return "done";
  } catch (error) {
    if (error instanceof FirnError && REFUSALS.includes(error.code)) return "refused";
    throw error;
  }
}
