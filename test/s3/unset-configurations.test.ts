import {
  CreateBucketCommand,
  DeleteBucketAnalyticsConfigurationCommand,
  DeleteBucketIntelligentTieringConfigurationCommand,
  DeleteBucketMetricsConfigurationCommand,
  DeleteBucketReplicationCommand,
  GetBucketAbacCommand,
  GetBucketAccelerateConfigurationCommand,
  GetBucketAnalyticsConfigurationCommand,
  GetBucketIntelligentTieringConfigurationCommand,
  GetBucketMetricsConfigurationCommand,
  GetBucketReplicationCommand,
  ListBucketAnalyticsConfigurationsCommand,
  ListBucketIntelligentTieringConfigurationsCommand,
  ListBucketMetricsConfigurationsCommand,
  PutBucketAccelerateConfigurationCommand,
  PutBucketMetricsConfigurationCommand,
} from "@aws-sdk/client-s3";
import type { S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { serveS3 } from "../support/serve-s3.ts";
import type { ServedS3 } from "../support/serve-s3.ts";

/** Tools read every configuration of a bucket: what cannot be set is answered as what is not. */

let served: ServedS3;
let s3: S3Client;
const Bucket = "described";
const named = { Bucket, Id: "any" };

beforeAll(async () => {
  served = await serveS3();
  ({ s3 } = served);
  await s3.send(new CreateBucketCommand({ Bucket }));
});
afterAll(() => served.close());

test("what a bucket always has a state of is read as its state without any", async () => {
  const accelerate = await s3.send(new GetBucketAccelerateConfigurationCommand({ Bucket }));
  expect(accelerate.Status).toBeUndefined();
  const abac = await s3.send(new GetBucketAbacCommand({ Bucket }));
  expect(abac.AbacStatus).toEqual({ Status: "Disabled" });
});

test("lists of configurations are empty and whole", async () => {
  const whole = { IsTruncated: false };
  const analytics = await s3.send(new ListBucketAnalyticsConfigurationsCommand({ Bucket }));
  expect(analytics).toMatchObject(whole);
  expect(analytics.AnalyticsConfigurationList).toBeUndefined();
  const metrics = await s3.send(new ListBucketMetricsConfigurationsCommand({ Bucket }));
  expect(metrics).toMatchObject(whole);
  expect(metrics.MetricsConfigurationList).toBeUndefined();
  const tiers = await s3.send(new ListBucketIntelligentTieringConfigurationsCommand({ Bucket }));
  expect(tiers).toMatchObject(whole);
  expect(tiers.IntelligentTieringConfigurationList).toBeUndefined();
});

test("a configuration that is asked for by its id, or replication, is not found", async () => {
  const none = { name: "NoSuchConfiguration", $metadata: { httpStatusCode: 404 } };
  await expect(s3.send(new GetBucketAnalyticsConfigurationCommand(named))).rejects.toMatchObject(
    none,
  );
  await expect(s3.send(new GetBucketMetricsConfigurationCommand(named))).rejects.toMatchObject(
    none,
  );
  await expect(
    s3.send(new GetBucketIntelligentTieringConfigurationCommand(named)),
  ).rejects.toMatchObject(none);
  await expect(s3.send(new DeleteBucketAnalyticsConfigurationCommand(named))).rejects.toMatchObject(
    none,
  );
  await expect(s3.send(new DeleteBucketMetricsConfigurationCommand(named))).rejects.toMatchObject(
    none,
  );
  await expect(
    s3.send(new DeleteBucketIntelligentTieringConfigurationCommand(named)),
  ).rejects.toMatchObject(none);
  await expect(s3.send(new GetBucketReplicationCommand({ Bucket }))).rejects.toMatchObject({
    name: "ReplicationConfigurationNotFoundError",
    $metadata: { httpStatusCode: 404 },
  });
  const gone = await s3.send(new DeleteBucketReplicationCommand({ Bucket }));
  expect(gone.$metadata.httpStatusCode).toBe(204);
});

test("a bucket that does not exist has none of it, and nothing of it can be set", async () => {
  const missing = { name: "NoSuchBucket" };
  const nobodys = { Bucket: "nobodys" };
  await expect(s3.send(new GetBucketAccelerateConfigurationCommand(nobodys))).rejects.toMatchObject(
    missing,
  );
  await expect(s3.send(new GetBucketReplicationCommand(nobodys))).rejects.toMatchObject(missing);
  const refused = { name: "NotImplemented", $metadata: { httpStatusCode: 501 } };
  const AccelerateConfiguration = { Status: "Enabled" } as const;
  const accelerate = { Bucket, AccelerateConfiguration };
  await expect(
    s3.send(new PutBucketAccelerateConfigurationCommand(accelerate)),
  ).rejects.toMatchObject(refused);
  const metrics = { ...named, MetricsConfiguration: { Id: "any" } };
  await expect(s3.send(new PutBucketMetricsConfigurationCommand(metrics))).rejects.toMatchObject(
    refused,
  );
});
