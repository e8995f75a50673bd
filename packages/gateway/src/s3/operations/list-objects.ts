import { boolean, integer, list, string } from "@firn/wire";
import { requiredOwner } from "../access.ts";
import { operation } from "../context.ts";
import type { S3Operation } from "../context.ts";
import { optionalAttributesMembers } from "../lifecycle-headers.ts";
import { LIST_KEYS_MAX, contentsMembers, firstPage, nameEncoder } from "../listing.ts";
import { pastOf } from "../past-reads.ts";
import { bucketMembers, commonPrefixShape, contentsShape, queryCount } from "../members.ts";

export const listObjects: S3Operation = operation({
  name: "ListObjects",
  http: { method: "GET", path: "/{Bucket}" },
  input: {
    ...bucketMembers,
    ...optionalAttributesMembers,
    Delimiter: string({ in: "query", name: "delimiter" }),
    EncodingType: string({ in: "query", name: "encoding-type", values: ["url"] }),
    Marker: string({ in: "query", name: "marker" }),
    MaxKeys: queryCount("max-keys"),
    Prefix: string({ in: "query", name: "prefix" }),
  },
  output: {
    Name: string(),
    Prefix: string(),
    Marker: string(),
    NextMarker: string(),
    MaxKeys: integer(),
    Delimiter: string(),
    IsTruncated: boolean(),
    EncodingType: string(),
    Contents: list(contentsShape, { flat: true }),
    CommonPrefixes: list(commonPrefixShape, { flat: true }),
  },
  outputRoot: "ListBucketResult",
  errors: ["NoSuchBucket", "InvalidArgument", "AccessDenied"],
  async handler(input, context) {
    const encode = nameEncoder(input.EncodingType);
    const delimiter = input.Delimiter === "" ? undefined : input.Delimiter;
    const maxKeys = Math.min(input.MaxKeys ?? LIST_KEYS_MAX, LIST_KEYS_MAX);
    const from = (await pastOf(input.Bucket, context)) ?? context.objects;
    const page = await firstPage(
      from.listObjects({
        bucket: input.Bucket,
        expectedBucketOwner: requiredOwner(context, input.ExpectedBucketOwner),
        prefix: input.Prefix,
        delimiter,
        maxKeys,
        marker: input.Marker,
        signal: context.signal,
      }),
    );
    // Without a delimiter clients go on behind the last key: S3 names the marker only with one.
    const next = delimiter === undefined ? undefined : page.nextMarker;
    return {
      Name: input.Bucket,
      // The one name that this version echoes as it came: clients do not decode it.
      Prefix: input.Prefix ?? "",
      Marker: encode(input.Marker ?? ""),
      NextMarker: next === undefined ? undefined : encode(next),
      MaxKeys: maxKeys,
      Delimiter: delimiter === undefined ? undefined : encode(delimiter),
      IsTruncated: page.isTruncated,
      EncodingType: input.EncodingType,
      Contents: contentsMembers(page, {
        encode,
        accounts: context.accounts,
        attributes: input.OptionalObjectAttributes,
      }),
      CommonPrefixes: page.commonPrefixes.map((name) => ({ Prefix: encode(name) })),
    };
  },
});
