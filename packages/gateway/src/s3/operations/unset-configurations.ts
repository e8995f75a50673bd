import { ServiceError, string } from "@firn/wire";
import { requestOf } from "../configuration-operations.ts";
import { documentBody } from "../configuration-xml.ts";
import type { XmlMembers } from "../configuration-xml.ts";
import { operation } from "../context.ts";
import type { S3Operation } from "../context.ts";
import { bucketMembers } from "../members.ts";

/*
 * Configurations that would have no effect here: no other endpoint to accelerate, no CloudWatch, no
 * second region. To put one is refused with NotImplemented, so that nobody relies on what does not
 * happen. Reading them is answered as S3 does of a bucket that has none: tools that keep a bucket's
 * description read every one of them each time.
 */

const BUCKET_ERRORS: readonly string[] = ["NoSuchBucket", "AccessDenied"];
const Id = string({ in: "query", name: "id", required: true });

interface Unset {
  /** The operation. */
  readonly name: string;
  readonly subresource: string;
}

/** What is always the same document. */
function standing(
  { name, subresource }: Unset,
  { root, members }: { readonly root: string; readonly members: XmlMembers },
): S3Operation {
  return operation({
    name,
    http: { method: "GET", path: "/{Bucket}", query: [subresource] },
    input: { ...bucketMembers },
    output: {},
    errors: BUCKET_ERRORS,
    async handler(input, context) {
      await context.objects.headBucket(requestOf(input, context));
      return documentBody(root, members);
    },
  });
}

/** Configurations by id: none is there, whatever the id. */
function named(subresource: string, kind: string, listRoot: string): readonly S3Operation[] {
  const input = { ...bucketMembers, Id };
  const errors = [...BUCKET_ERRORS, "NoSuchConfiguration"];
  const list = { name: `ListBucket${kind}Configurations`, subresource };
  return [
    operation({
      name: `GetBucket${kind}Configuration`,
      http: { method: "GET", path: "/{Bucket}", query: [subresource, "id"] },
      input,
      output: {},
      errors,
      handler: async (asked, context) => {
        await context.objects.headBucket(requestOf(asked, context));
        throw noSuchConfiguration();
      },
    }),
    operation({
      name: `DeleteBucket${kind}Configuration`,
      http: { method: "DELETE", path: "/{Bucket}", query: [subresource], status: 204 },
      input,
      output: {},
      errors,
      handler: async (asked, context) => {
        await context.objects.headBucket(requestOf(asked, context));
        throw noSuchConfiguration();
      },
    }),
    standing(list, { root: listRoot, members: { IsTruncated: false } }),
  ];
}

function noSuchConfiguration(): ServiceError {
  const text = "The specified configuration does not exist.";
  return new ServiceError("NoSuchConfiguration", 404, text);
}

const getBucketReplication: S3Operation = operation({
  name: "GetBucketReplication",
  http: { method: "GET", path: "/{Bucket}", query: ["replication"] },
  input: { ...bucketMembers },
  output: {},
  errors: [...BUCKET_ERRORS, "ReplicationConfigurationNotFoundError"],
  async handler(input, context) {
    await context.objects.headBucket(requestOf(input, context));
    const text = "The replication configuration was not found";
    throw new ServiceError("ReplicationConfigurationNotFoundError", 404, text);
  },
});

const deleteBucketReplication: S3Operation = operation({
  name: "DeleteBucketReplication",
  http: { method: "DELETE", path: "/{Bucket}", query: ["replication"], status: 204 },
  input: { ...bucketMembers },
  output: {},
  errors: BUCKET_ERRORS,
  async handler(input, context) {
    await context.objects.headBucket(requestOf(input, context));
    return {};
  },
});

/** Reading, listing and deleting what cannot be put. */
export const unsetConfigurations: readonly S3Operation[] = [
  standing(
    { name: "GetBucketAccelerateConfiguration", subresource: "accelerate" },
    { root: "AccelerateConfiguration", members: {} },
  ),
  standing(
    { name: "GetBucketAbac", subresource: "abac" },
    { root: "AbacStatus", members: { Status: "Disabled" } },
  ),
  getBucketReplication,
  deleteBucketReplication,
  ...named("analytics", "Analytics", "ListBucketAnalyticsConfigurationResult"),
  ...named("metrics", "Metrics", "ListMetricsConfigurationsResult"),
  ...named(
    "intelligent-tiering",
    "IntelligentTiering",
    "ListBucketIntelligentTieringConfigurationsOutput",
  ),
];
