import { S3ServiceException } from "@aws-sdk/client-s3";
import type { S3 } from "@aws-sdk/client-s3";
import { etagsOf, valueBytes, valueOf } from "./object-registers.ts";
import type { ObjectRegisters, Verdict } from "./object-registers.ts";

/** The keys of a bucket, through the JavaScript SDK. */
export function clientRegisters(s3: S3, Bucket: string): ObjectRegisters {
  return {
    async read(Key) {
      try {
        const { Body } = await s3.getObject({ Bucket, Key });
        return valueOf((await Body?.transformToByteArray()) ?? new Uint8Array());
      } catch (error) {
        if (error instanceof Error && error.name === "NoSuchKey") return undefined;
        throw error;
      }
    },
    async write(Key, value) {
      await s3.putObject({ Bucket, Key, Body: valueBytes(value) });
    },
    create: (Key, value) => {
      const Body = valueBytes(value);
      return verdict(s3.putObject({ Bucket, Key, Body, IfNoneMatch: "*" }));
    },
    replace: (Key, { expected, value }) => {
      const Body = valueBytes(value);
      return verdict(s3.putObject({ Bucket, Key, Body, IfMatch: etagsOf(expected) }));
    },
    async delete(Key) {
      await s3.deleteObject({ Bucket, Key });
    },
    deleteValue: (Key, value) => verdict(s3.deleteObject({ Bucket, Key, IfMatch: etagsOf(value) })),
    async complete(Key, value, isNew) {
      const { UploadId } = await s3.createMultipartUpload({ Bucket, Key });
      const upload = { Bucket, Key, UploadId };
      const Body = valueBytes(value);
      const { ETag } = await s3.uploadPart({ ...upload, PartNumber: 1, Body });
      const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
      const IfNoneMatch = isNew ? "*" : undefined;
      const complete = { ...upload, MultipartUpload, IfNoneMatch };
      return await verdict(s3.completeMultipartUpload(complete));
    },
    copy: ({ from, to }, value) => {
      const CopySource = `${Bucket}/${from}`;
      const CopySourceIfMatch = etagsOf(value);
      return verdict(s3.copyObject({ Bucket, Key: to, CopySource, CopySourceIfMatch }));
    },
  };
}

/** A condition that does not hold, or that needs an object where there is none. */
async function verdict(work: Promise<unknown>): Promise<Verdict> {
  try {
    await work;
    return "done";
  } catch (error) {
    if (!(error instanceof S3ServiceException)) throw error;
    if (error.name === "PreconditionFailed" || error.name === "NoSuchKey") return "refused";
    throw error;
  }
}
