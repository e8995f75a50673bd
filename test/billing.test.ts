import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Glacier } from "@aws-sdk/client-glacier";
import { S3 } from "@aws-sdk/client-s3";
import { Firn } from "@firn/firn";
import { expect, test } from "vitest";

const DAY_MS = 86_400_000;
const MIB = 2 ** 20;
const rootCredentials = { accessKeyId: "BILLROOT", secretAccessKey: "bill/secret" };

test("a server's requests are counted by class and month, and are there after it has ended", async () => {
  const directory = await mkdtemp(join(tmpdir(), "firn-bill-"));
  const clockMode = { kind: "manual" } as const;
  let firn = await Firn.open({ directory, clockMode, rootCredentials });
  const server = await firn.listen({ port: 0, logLevel: "silent" });
  const { endpoint } = server.address;
  const client = { endpoint, region: "us-east-1", credentials: rootCredentials };
  const s3 = new S3({ ...client, forcePathStyle: true });
  const glacier = new Glacier(client);
  const at = { Bucket: "counted", Key: "k" };
  try {
    await s3.createBucket({ Bucket: at.Bucket });
    await s3.putObject({ ...at, Body: new Uint8Array(MIB), StorageClass: "STANDARD_IA" });
    for (let i = 0; i < 2; i++) await (await s3.getObject(at)).Body?.transformToByteArray();
    await s3.listObjectsV2({ Bucket: at.Bucket });
    await s3.getObject({ ...at, Key: "none" }).catch(() => undefined);
    await s3.deleteObject(at);
    await glacier.createVault({ accountId: "-", vaultName: "v" });
    await glacier.uploadArchive({ accountId: "-", vaultName: "v", body: new Uint8Array(9) });
  } finally {
    s3.destroy();
    glacier.destroy();
  }
  const month = new Date(firn.store.clock.now()).toISOString().slice(0, 7);
  await firn.store.advanceClock(40 * DAY_MS);
  await firn.close();
  firn = await Firn.open({ directory });
  const used = async (of?: string): Promise<unknown[]> =>
    (await firn.usage({ minimumDays: () => 0, month: of }))
      .filter(({ item }) => /^(requests|retrieval)/.test(item))
      .map(({ service, item, count, bytes }) => [`${service} ${item}`, count, bytes]);
  expect(await used(month)).toEqual([
    ["glacier requests UPLOAD", 1, 0],
    ["s3 requests GET STANDARD", 1, 0],
    ["s3 requests GET STANDARD_IA", 2, 0],
    ["s3 requests PUT STANDARD", 2, 0],
    ["s3 requests PUT STANDARD_IA", 1, 0],
    ["s3 retrieval STANDARD_IA", 2, 2 * MIB],
  ]);
  expect(await used()).toEqual([]);
  await firn.close();
  await rm(directory, { recursive: true });
});
