import { boolean, integer, list, string, structure, timestamp } from "@firn/wire";
import { requiredOwner } from "../access.ts";
import { operation } from "../context.ts";
import type { S3Operation } from "../context.ts";
import { LIST_KEYS_MAX, firstPage, nameEncoder, ownerOf } from "../listing.ts";
import { bucketMembers, commonPrefixShape, ownerShape, queryCount } from "../members.ts";

export const listMultipartUploads: S3Operation = operation({
  name: "ListMultipartUploads",
  http: { method: "GET", path: "/{Bucket}", query: ["uploads"] },
  input: {
    ...bucketMembers,
    Delimiter: string({ in: "query", name: "delimiter" }),
    EncodingType: string({ in: "query", name: "encoding-type", values: ["url"] }),
    KeyMarker: string({ in: "query", name: "key-marker" }),
    MaxUploads: queryCount("max-uploads"),
    Prefix: string({ in: "query", name: "prefix" }),
    UploadIdMarker: string({ in: "query", name: "upload-id-marker" }),
  },
  output: {
    Bucket: string(),
    KeyMarker: string(),
    UploadIdMarker: string(),
    NextKeyMarker: string(),
    Prefix: string(),
    Delimiter: string(),
    NextUploadIdMarker: string(),
    MaxUploads: integer(),
    IsTruncated: boolean(),
    EncodingType: string(),
    Upload: list(
      structure({
        UploadId: string(),
        Key: string(),
        Initiated: timestamp(),
        StorageClass: string(),
        Owner: ownerShape,
        Initiator: ownerShape,
        ChecksumAlgorithm: string(),
        ChecksumType: string(),
      }),
      { flat: true },
    ),
    CommonPrefixes: list(commonPrefixShape, { flat: true }),
  },
  outputRoot: "ListMultipartUploadsResult",
  errors: ["NoSuchBucket", "InvalidArgument", "AccessDenied"],
  async handler(input, context) {
    const encode = nameEncoder(input.EncodingType);
    const delimiter = input.Delimiter === "" ? undefined : input.Delimiter;
    const maxUploads = Math.min(input.MaxUploads ?? LIST_KEYS_MAX, LIST_KEYS_MAX);
    const page = await firstPage(
      context.objects.listMultipartUploads({
        bucket: input.Bucket,
        expectedBucketOwner: requiredOwner(context, input.ExpectedBucketOwner),
        delimiter,
        prefix: input.Prefix,
        // Clients send empty markers for the first page.
        keyMarker: input.KeyMarker === "" ? undefined : input.KeyMarker,
        uploadIdMarker: input.UploadIdMarker === "" ? undefined : input.UploadIdMarker,
        maxUploads,
        signal: context.signal,
      }),
    );
    return {
      Bucket: input.Bucket,
      KeyMarker: encode(input.KeyMarker ?? ""),
      UploadIdMarker: input.UploadIdMarker ?? "",
      NextKeyMarker: page.nextKeyMarker === undefined ? undefined : encode(page.nextKeyMarker),
      Prefix: encode(input.Prefix ?? ""),
      Delimiter: delimiter === undefined ? undefined : encode(delimiter),
      NextUploadIdMarker: page.nextUploadIdMarker,
      MaxUploads: maxUploads,
      IsTruncated: page.isTruncated,
      EncodingType: input.EncodingType,
      Upload: page.uploads.map((upload) => ({
        UploadId: upload.uploadId,
        Key: encode(upload.key),
        Initiated: upload.initiated.getTime(),
        StorageClass: upload.storageClass,
        Owner: ownerOf(context.accounts, upload.owner),
        Initiator: ownerOf(context.accounts, upload.initiator),
        ChecksumAlgorithm: upload.checksumAlgorithm,
        ChecksumType: upload.checksumType,
      })),
      CommonPrefixes: page.commonPrefixes.map((name) => ({ Prefix: encode(name) })),
    };
  },
});
