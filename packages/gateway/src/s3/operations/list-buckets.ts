import { integer, list, string, structure, timestamp } from "@firn/wire";
import { operation } from "../context.ts";
import type { S3Operation } from "../context.ts";
import { firstPage, ownerOf } from "../listing.ts";
import { ownerShape } from "../members.ts";

export const listBuckets: S3Operation = operation({
  name: "ListBuckets",
  http: { method: "GET", path: "/" },
  input: {
    MaxBuckets: integer({ in: "query", name: "max-buckets", min: 1, max: 10_000 }),
    ContinuationToken: string({ in: "query", name: "continuation-token" }),
    Prefix: string({ in: "query", name: "prefix" }),
    BucketRegion: string({ in: "query", name: "bucket-region" }),
  },
  output: {
    Owner: ownerShape,
    Buckets: list(
      structure({
        Name: string(),
        CreationDate: timestamp(),
        BucketRegion: string(),
      }),
      { item: "Bucket" },
    ),
    ContinuationToken: string(),
    Prefix: string(),
  },
  outputRoot: "ListAllMyBucketsResult",
  errors: ["InvalidArgument"],
  async handler(input, { accounts, caller, objects, signal }) {
    const page = await firstPage(
      objects.listBuckets({
        maxBuckets: input.MaxBuckets,
        continuationToken: input.ContinuationToken,
        prefix: input.Prefix,
        bucketRegion: input.BucketRegion,
        signal,
      }),
    );
    return {
      Owner: ownerOf(accounts, caller.accountId),
      Buckets: page.buckets.map((bucket) => ({
        Name: bucket.name,
        CreationDate: bucket.creationDate.getTime(),
        BucketRegion: bucket.bucketRegion,
      })),
      ContinuationToken: page.continuationToken,
      Prefix: input.Prefix,
    };
  },
});
