import { openStore } from "@firn/core";
import { ObjectStore } from "@firn/objects";

const store = await openStore({ directory: `${process.cwd()}/objects-data` });
const objects = await ObjectStore.open({ store });

await objects.createBucket({ bucket: "photos" });
const { eTag } = await objects.putObject({
  bucket: "photos",
  key: "2026/glacier.txt",
  body: Buffer.from("firn: snow on its way to becoming ice"),
  metadata: { camera: "none" },
});
console.log("stored", eTag); // durable: an fdatasync covers it

// Only the first of many writers wins; the others get FIRN_OBJECT_PRECONDITION_FAILED.
await objects
  .putObject({
    bucket: "photos",
    key: "2026/glacier.txt",
    body: Buffer.from("again"),
    ifNoneMatch: "*",
  })
  .catch((error) => console.log("refused", error.code));

for await (const { key, size } of objects.listObjectsV2({ bucket: "photos", prefix: "2026/" })) {
  console.log("listed", key, size);
}
const { body } = await objects.getObject({ bucket: "photos", key: "2026/glacier.txt" });
for await (const bytes of body) console.log("read", Buffer.from(bytes).toString());

await objects.close();
await store.close();
