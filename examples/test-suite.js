import { Firn } from "@firn/firn";

// A store for one test: nothing is synced, time stands still, any signature is taken.
const firn = await Firn.open({ ephemeral: true, clockMode: { kind: "manual" } });
const server = await firn.listen({ port: 0, auth: "off" });
const { endpoint } = server.address;

// What is tested talks to the endpoint; here plain HTTP stands for its AWS client.
await fetch(`${endpoint}/inbox`, { method: "PUT" });
await fetch(`${endpoint}/inbox/letter`, { method: "PUT", body: "dear reader" });

// The test looks at the same data through the engine.
const { lastModified } = await firn.objects.headObject({ bucket: "inbox", key: "letter" });
firn.store.clock.advance(24 * 60 * 60 * 1000);
console.log("a day later:", firn.store.clock.now() - lastModified.getTime());

await firn.close(); // and the directory is gone
