import { Firn } from "@firn/firn";

// All engines on one store; ephemeral: a temporary directory without syncs, for test suites.
const firn = await Firn.open({ ephemeral: true });
await firn.objects.createBucket({ bucket: "photos" });
await firn.archive.createVault({ vaultName: "ledgers" });

// The same engines, for any AWS client.
const server = await firn.listen({ port: 0 });
const health = await fetch(`${server.address.endpoint}/_firn/health`);
console.log("health", (await health.json()).status);

await firn.close();
