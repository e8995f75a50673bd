import { Archive } from "@firn/archive";
import { openStore } from "@firn/core";

// The clock is the store's for life; a manual one stands still until it is told to move.
const store = await openStore({
  directory: `${process.cwd()}/archive-data`,
  clockMode: { kind: "manual" },
});
const archive = await Archive.open({ store });
const vaultName = "ledgers";

await archive.createVault({ vaultName });
const { archiveId, checksum } = await archive.uploadArchive({
  vaultName,
  archiveDescription: "books of 2026",
  body: Buffer.from("debit and credit"),
});
console.log("tree hash", checksum);

const { jobId } = await archive.initiateJob({
  vaultName,
  type: "archive-retrieval",
  archiveId,
  tier: "Standard", // 3 to 5 hours
});
store.clock.advance(5 * 60 * 60 * 1000);
const { body } = await archive.getJobOutput({ vaultName, jobId });
for await (const bytes of body) console.log("retrieved", Buffer.from(bytes).toString());

await archive.close();
await store.close();
