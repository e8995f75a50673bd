import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import {
  CreateBucketCommand,
  DeleteBucketInventoryConfigurationCommand,
  DeleteObjectCommand,
  GetBucketInventoryConfigurationCommand,
  GetObjectCommand,
  ListBucketInventoryConfigurationsCommand,
  ListObjectsV2Command,
  PutBucketInventoryConfigurationCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import type { InventoryConfiguration } from "@aws-sdk/client-s3";
import { afterEach, beforeEach, expect, test } from "vitest";
import { serveS3 } from "../support/serve-s3.ts";
import type { ServedS3 } from "../support/serve-s3.ts";

/** Inventories: a bucket's objects as CSV in another bucket, written on the store's clock. */

const DAY_MS = 86_400_000;
const Bucket = "counted";

let served: ServedS3;

beforeEach(async () => {
  served = await serveS3({ clockMode: { kind: "manual" } });
  for (const one of [Bucket, "reports"]) {
    await served.s3.send(new CreateBucketCommand({ Bucket: one }));
  }
});
afterEach(() => served.close());

function configuration(more: Partial<InventoryConfiguration> = {}): InventoryConfiguration {
  return {
    Id: "nightly",
    IsEnabled: true,
    IncludedObjectVersions: "Current",
    Schedule: { Frequency: "Daily" },
    OptionalFields: ["Size", "StorageClass", "ETag"],
    Destination: {
      S3BucketDestination: { Bucket: "arn:aws:s3:::reports", Format: "CSV", Prefix: "inv" },
    },
    ...more,
  };
}

async function put(config: InventoryConfiguration): Promise<void> {
  const input = { Bucket, Id: config.Id, InventoryConfiguration: config };
  await served.s3.send(new PutBucketInventoryConfigurationCommand(input));
}

async function reportKeys(): Promise<string[]> {
  const { Contents = [] } = await served.s3.send(new ListObjectsV2Command({ Bucket: "reports" }));
  return Contents.map(({ Key }) => Key ?? "");
}

async function bytesOf(Key: string): Promise<Buffer> {
  const { Body } = await served.s3.send(new GetObjectCommand({ Bucket: "reports", Key }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}

interface Manifest {
  readonly sourceBucket: string;
  readonly destinationBucket: string;
  readonly fileFormat: string;
  readonly fileSchema: string;
  readonly files: readonly { key: string; size: number; MD5checksum: string }[];
}

/** The rows of the last report, its manifest and checksums verified. */
async function report(): Promise<{ manifest: Manifest; rows: string[] }> {
  const keys = await reportKeys();
  const manifestKey = keys.filter((key) => key.endsWith("manifest.json")).at(-1) ?? "";
  const bytes = await bytesOf(manifestKey);
  const checksum = await bytesOf(manifestKey.replace(".json", ".checksum"));
  expect(checksum.toString().trim()).toBe(createHash("md5").update(bytes).digest("hex"));
  const manifest = JSON.parse(bytes.toString()) as Manifest;
  let text = "";
  for (const { key, size, MD5checksum } of manifest.files) {
    const zipped = await bytesOf(key);
    expect([zipped.length, createHash("md5").update(zipped).digest("hex")]).toEqual([
      size,
      MD5checksum,
    ]);
    text += gunzipSync(zipped).toString();
  }
  return { manifest, rows: text.split("\n").slice(0, -1) };
}

test("a report comes behind midnight, by itself, once a day", async () => {
  const { s3, firn } = served;
  for (const Key of ["b c/ü", "a", "z"]) {
    await s3.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
  }
  await put(configuration());
  expect(await firn.objects.runInventories()).toEqual({ written: 0, failed: 0 });
  await firn.store.advanceClock(DAY_MS);
  await expect.poll(async () => (await reportKeys()).length).toBe(3);
  const { manifest, rows } = await report();
  expect(manifest).toMatchObject({
    sourceBucket: Bucket,
    destinationBucket: "arn:aws:s3:::reports",
    fileFormat: "CSV",
    fileSchema: "Bucket, Key, Size, StorageClass, ETag",
  });
  const md5 = (text: string): string => createHash("md5").update(text).digest("hex");
  expect(rows).toEqual([
    `"${Bucket}","a","1","STANDARD","${md5("a")}"`,
    `"${Bucket}","b+c/%C3%BC","6","STANDARD","${md5("b c/ü")}"`,
    `"${Bucket}","z","1","STANDARD","${md5("z")}"`,
  ]);
  expect((await reportKeys())[0]).toMatch(/^inv\/counted\/nightly\/\d{4}-\d\d-\d\dT\d\d-\d\dZ\//);
  expect(await firn.objects.runInventories()).toEqual({ written: 0, failed: 0 });
});

test("all versions are told of, the newest first, weekly on Sundays, below a prefix", async () => {
  const { s3, firn } = served;
  const VersioningConfiguration = { Status: "Enabled" } as const;
  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
  for (const [Key, Body] of [
    ["in/a", "1"],
    ["in/a", "22"],
    ["in/gone", "1"],
    ["out", "1"],
  ] as const) {
    await s3.send(new PutObjectCommand({ Bucket, Key, Body }));
  }
  await s3.send(new DeleteObjectCommand({ Bucket, Key: "in/gone" }));
  await put(
    configuration({
      IncludedObjectVersions: "All",
      Schedule: { Frequency: "Weekly" },
      Filter: { Prefix: "in/" },
      OptionalFields: ["Size"],
    }),
  );
  for (let days = 0; days < 8 && (await reportKeys()).length === 0; days++) {
    await firn.store.advanceClock(DAY_MS);
    await firn.objects.runInventories();
  }
  expect(new Date(firn.store.clock.now()).getUTCDay()).toBe(0);
  const { manifest, rows } = await report();
  expect(manifest.fileSchema).toBe("Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size");
  const seen = rows.map((row) => row.split(",").filter((_, column) => column !== 2));
  expect(seen.map((row) => row.join(",").replaceAll('"', ""))).toEqual([
    `${Bucket},in/a,true,false,2`,
    `${Bucket},in/a,false,false,1`,
    `${Bucket},in/gone,true,true,`,
    `${Bucket},in/gone,false,false,1`,
  ]);
});

test("configurations come back, are listed, checked and deleted", async () => {
  const { s3 } = served;
  const full = configuration({
    Filter: { Prefix: "p&q" },
    Destination: {
      S3BucketDestination: {
        AccountId: "000000000000",
        Bucket: "arn:aws:s3:::reports",
        Format: "CSV",
        Encryption: { SSES3: {} },
      },
    },
  });
  await put(full);
  await put(configuration({ Id: "other" }));
  const of = { Bucket, Id: "nightly" };
  const got = await s3.send(new GetBucketInventoryConfigurationCommand(of));
  expect(got.InventoryConfiguration).toEqual(full);
  const listed = await s3.send(new ListBucketInventoryConfigurationsCommand({ Bucket }));
  expect(listed.InventoryConfigurationList?.map(({ Id }) => Id)).toEqual(["nightly", "other"]);
  expect(listed.IsTruncated).toBe(false);
  const to = (Destination: InventoryConfiguration["Destination"]) => configuration({ Destination });
  const S3BucketDestination = { Bucket: "arn:aws:s3:::reports", Format: "CSV" } as const;
  const refusals: [InventoryConfiguration, string][] = [
    [to({ S3BucketDestination: { ...S3BucketDestination, Format: "ORC" } }), "NotImplemented"],
    [
      to({ S3BucketDestination: { ...S3BucketDestination, Bucket: "arn:aws:s3:::nowhere" } }),
      "InvalidS3DestinationBucket",
    ],
    [configuration({ Id: "a/b" }), "InvalidArgument"],
    [configuration({ OptionalFields: ["ObjectOwner"] }), "NotImplemented"],
    [configuration({ Schedule: { Frequency: "Hourly" as "Daily" } }), "MalformedXML"],
  ];
  for (const [config, name] of refusals) await expect(put(config)).rejects.toMatchObject({ name });
  const mismatch = { Bucket, Id: "x", InventoryConfiguration: configuration() };
  await expect(s3.send(new PutBucketInventoryConfigurationCommand(mismatch))).rejects.toMatchObject(
    { name: "IdMismatch" },
  );
  await s3.send(new DeleteBucketInventoryConfigurationCommand(of));
  await expect(s3.send(new GetBucketInventoryConfigurationCommand(of))).rejects.toMatchObject({
    name: "NoSuchConfiguration",
  });
});

test("a destination that is gone fails that inventory alone, and is tried again", async () => {
  const { s3, firn } = served;
  await put(configuration());
  await firn.objects.deleteBucket({ bucket: "reports" });
  await firn.store.advanceClock(DAY_MS);
  await firn.objects.runInventories();
  expect(await firn.objects.runInventories()).toEqual({ written: 0, failed: 1 });
  await s3.send(new CreateBucketCommand({ Bucket: "reports" }));
  expect(await firn.objects.runInventories()).toEqual({ written: 1, failed: 0 });
});
