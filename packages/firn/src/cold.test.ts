import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Firn } from "./firn.ts";

test("with instant restores a retrieval and a restored object are there at once", async () => {
  const firn = await Firn.open({ ephemeral: true, instantRestores: true });
  try {
    const { archive, objects } = firn;
    await archive.createVault({ vaultName: "v" });
    const body = new Uint8Array(1000).fill(7);
    const { archiveId } = await archive.uploadArchive({ vaultName: "v", body });
    const job = { vaultName: "v", type: "archive-retrieval", archiveId, tier: "Bulk" };
    const { jobId } = await archive.initiateJob(job);
    expect(await archive.describeJob({ vaultName: "v", jobId })).toMatchObject({ completed: true });
    const at = { bucket: "cold", key: "k" };
    await objects.createBucket({ bucket: "cold" });
    await objects.putObject({ ...at, body, storageClass: "DEEP_ARCHIVE" });
    await expect(objects.getObject(at)).rejects.toMatchObject({
      code: "FIRN_OBJECT_STATE_INVALID",
    });
    await objects.restoreObject({ ...at, days: 1, tier: "Bulk" });
    const parts: Uint8Array[] = [];
    for await (const part of (await objects.getObject(at)).body) parts.push(part);
    expect(Buffer.concat(parts)).toHaveLength(1000);
  } finally {
    await firn.close();
  }
});

test("vaults and cold objects have one capacity for Expedited, and what is bought is certain", async () => {
  const firn = await Firn.open({ ephemeral: true, expeditedOnDemand: 1 });
  try {
    const { archive, objects } = firn;
    await archive.createVault({ vaultName: "v" });
    const body = new Uint8Array(10);
    const { archiveId } = await archive.uploadArchive({ vaultName: "v", body });
    await objects.createBucket({ bucket: "cold" });
    const restore = async (key: string): Promise<unknown> => {
      const at = { bucket: "cold", key };
      await objects.putObject({ ...at, body, storageClass: "GLACIER" });
      return objects.restoreObject({ ...at, days: 1, tier: "Expedited" });
    };
    const type = "archive-retrieval";
    await archive.initiateJob({ vaultName: "v", type, archiveId, tier: "Expedited" });
    await expect(restore("a")).rejects.toMatchObject({ code: "FIRN_OBJECT_EXPEDITED_UNAVAILABLE" });
    await archive.purchaseProvisionedCapacity();
    for (const key of ["a", "b", "c"]) await restore(key);
    await expect(
      archive.initiateJob({ vaultName: "v", type, archiveId, tier: "Expedited" }),
    ).rejects.toMatchObject({ code: "FIRN_EXPEDITED_UNAVAILABLE" });
    await objects
      .restoreObject({ bucket: "cold", key: "a", days: 2, tier: "Expedited" })
      .catch((error: { readonly code?: string }) =>
        expect(error.code).toBe("FIRN_OBJECT_RESTORING"),
      );
  } finally {
    await firn.close();
  }
});

test("a server posts the notice of a completed job, again until it is taken", async () => {
  const bodies: string[] = [];
  const receiver = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk: Buffer) => (text += chunk.toString()));
    request.on("end", () => {
      bodies.push(text);
      response.writeHead(bodies.length === 1 ? 503 : 200).end();
    });
  }).listen(0, "127.0.0.1");
  await once(receiver, "listening");
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/jobs`;
  const directory = await mkdtemp(join(tmpdir(), "firn-notices-"));
  const firn = await Firn.open({ directory, clockMode: { kind: "manual" } });
  try {
    await firn.listen({ port: 0, jobWebhook: { url } });
    await firn.archive.createVault({ vaultName: "v" });
    const snsTopic = "arn:aws:sns:us-east-1:000000000000:done";
    const body = new Uint8Array(9);
    const { archiveId } = await firn.archive.uploadArchive({ vaultName: "v", body });
    const job = { vaultName: "v", type: "archive-retrieval", archiveId, snsTopic };
    const { jobId } = await firn.archive.initiateJob(job);
    await expect
      .poll(
        async () => {
          await firn.store.advanceClock(3_600_000);
          return bodies.length;
        },
        { timeout: 10_000 },
      )
      .toBeGreaterThan(1);
    const sent = JSON.parse(bodies[1] ?? "") as { readonly Job: object };
    expect(sent).toMatchObject({ TopicArn: snsTopic, Job: { JobId: jobId, Completed: true } });
    expect(Object.keys(sent.Job)).toContain("ArchiveSHA256TreeHash");
    expect(bodies[0]).toBe(bodies[1]);
  } finally {
    await firn.close();
    receiver.close();
    await rm(directory, { recursive: true, force: true });
  }
});
