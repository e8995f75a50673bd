import { boolean, integer, list, string } from "@firn/wire";
import { requiredOwner } from "../access.ts";
import { operation } from "../context.ts";
import type { S3Operation } from "../context.ts";
import { optionalAttributesMembers } from "../lifecycle-headers.ts";
import { LIST_KEYS_MAX, contentsMembers, firstPage, nameEncoder } from "../listing.ts";
import { pastOf } from "../past-reads.ts";
import { bucketMembers, commonPrefixShape, contentsShape, queryCount } from "../members.ts";

export const listObjectsV2: S3Operation = operation({
  name: "ListObjectsV2",
  http: { method: "GET", path: "/{Bucket}", query: ["list-type=2"] },
  input: {
    ...bucketMembers,
    ...optionalAttributesMembers,
    Delimiter: string({ in: "query", name: "delimiter" }),
    EncodingType: string({ in: "query", name: "encoding-type", values: ["url"] }),
    MaxKeys: queryCount("max-keys"),
    Prefix: string({ in: "query", name: "prefix" }),
    ContinuationToken: string({ in: "query", name: "continuation-token" }),
    FetchOwner: boolean({ in: "query", name: "fetch-owner" }),
    StartAfter: string({ in: "query", name: "start-after" }),
  },
  output: {
    Name: string(),
    Prefix: string(),
    StartAfter: string(),
    ContinuationToken: string(),
    NextContinuationToken: string(),
    KeyCount: integer(),
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
      from.listObjectsV2({
        bucket: input.Bucket,
        expectedBucketOwner: requiredOwner(context, input.ExpectedBucketOwner),
        prefix: input.Prefix,
        delimiter,
        maxKeys,
        // An empty token asks for the first page.
        continuationToken: input.ContinuationToken === "" ? undefined : input.ContinuationToken,
        startAfter: input.StartAfter,
        signal: context.signal,
      }),
    );
    const accounts = input.FetchOwner === true ? context.accounts : undefined;
    return {
      Name: input.Bucket,
      Prefix: encode(input.Prefix ?? ""),
      StartAfter: input.StartAfter === undefined ? undefined : encode(input.StartAfter),
      ContinuationToken: input.ContinuationToken,
      NextContinuationToken: page.nextContinuationToken,
      KeyCount: page.keyCount,
      MaxKeys: maxKeys,
      Delimiter: delimiter === undefined ? undefined : encode(delimiter),
      IsTruncated: page.isTruncated,
      EncodingType: input.EncodingType,
      Contents: contentsMembers(page, {
        encode,
        accounts,
        attributes: input.OptionalObjectAttributes,
      }),
      CommonPrefixes: page.commonPrefixes.map((name) => ({ Prefix: encode(name) })),
    };
  },
});
