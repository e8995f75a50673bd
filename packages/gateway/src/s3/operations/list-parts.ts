import type { ChecksumAlgorithm, ListedPart } from "@firn/objects";
import { boolean, integer, list, long, string, structure, timestamp } from "@firn/wire";
import { requiredOwner } from "../access.ts";
import { checksumMembers } from "../checksum-headers.ts";
import { operation } from "../context.ts";
import type { S3Operation } from "../context.ts";
import { abortHeaders, abortMembers } from "../lifecycle-headers.ts";
import { LIST_KEYS_MAX, firstPage, ownerOf } from "../listing.ts";
import { customerKeyMembers, customerKeyOf } from "../encryption-headers.ts";
import { checksumXmlMembers, objectMembers, ownerShape, queryCount } from "../members.ts";

export const listParts: S3Operation = operation({
  name: "ListParts",
  http: { method: "GET", path: "/{Bucket}/{Key+}", query: ["uploadId"] },
  input: {
    ...objectMembers,
    ...customerKeyMembers,
    UploadId: string({ in: "query", name: "uploadId", required: true }),
    MaxParts: queryCount("max-parts"),
    PartNumberMarker: queryCount("part-number-marker"),
  },
  output: {
    ...abortMembers,
    Bucket: string(),
    Key: string(),
    UploadId: string(),
    Initiator: ownerShape,
    Owner: ownerShape,
    StorageClass: string(),
    PartNumberMarker: integer(),
    NextPartNumberMarker: integer(),
    MaxParts: integer(),
    IsTruncated: boolean(),
    ChecksumAlgorithm: string(),
    ChecksumType: string(),
    Part: list(
      structure({
        PartNumber: integer(),
        LastModified: timestamp(),
        ETag: string(),
        Size: long(),
        ...checksumXmlMembers,
      }),
      { flat: true },
    ),
  },
  outputRoot: "ListPartsResult",
  errors: ["NoSuchBucket", "NoSuchUpload", "InvalidArgument", "AccessDenied"],
  async handler(input, context) {
    const maxParts = Math.min(input.MaxParts ?? LIST_KEYS_MAX, LIST_KEYS_MAX);
    const page = await firstPage(
      context.objects.listParts({
        bucket: input.Bucket,
        key: input.Key,
        uploadId: input.UploadId,
        expectedBucketOwner: requiredOwner(context, input.ExpectedBucketOwner),
        maxParts,
        partNumberMarker: input.PartNumberMarker,
        sseCustomerKey: customerKeyOf(input, context),
        signal: context.signal,
      }),
    );
    return {
      ...abortHeaders(page.abort),
      Bucket: input.Bucket,
      Key: input.Key,
      UploadId: input.UploadId,
      Initiator: ownerOf(context.accounts, page.initiator),
      Owner: ownerOf(context.accounts, page.owner),
      StorageClass: page.storageClass,
      PartNumberMarker: input.PartNumberMarker ?? 0,
      NextPartNumberMarker: page.nextPartNumberMarker,
      MaxParts: maxParts,
      IsTruncated: page.isTruncated,
      ChecksumAlgorithm: page.checksumAlgorithm,
      ChecksumType: page.checksumType,
      Part: page.parts.map((part) => partMember(part, page.checksumAlgorithm)),
    };
  },
});

function partMember(
  part: ListedPart,
  algorithm: ChecksumAlgorithm | undefined,
): Readonly<Record<string, string | number | undefined>> {
  const { checksum: value } = part;
  const checksum =
    algorithm === undefined || value === undefined ? undefined : { algorithm, value };
  return {
    PartNumber: part.partNumber,
    LastModified: part.lastModified.getTime(),
    ETag: part.eTag,
    Size: part.size,
    ...checksumMembers(checksum),
  };
}
