import { openStore } from "@firn/core";
import { Volumes } from "@firn/volumes";

const store = await openStore({ directory: `${process.cwd()}/volumes-data` });
const volumes = await Volumes.open({ store });

const { volumeId } = await volumes.createVolume({ sizeGiB: 8 }); // thin: takes no room yet
const volume = await volumes.openVolume({ volumeId });
await volume.write(4096, Buffer.from("before the snapshot"));
await volume.flush(); // durable from here on

const { snapshotId } = await volumes.createSnapshot({ volumeId }); // O(1)
await volume.write(4096, Buffer.from("after the snapshot!"));

const clone = await volumes.createVolume({ snapshotId }); // O(1), shares every block
const old = await volumes.openVolume({ volumeId: clone.volumeId });
console.log("clone", Buffer.from(await old.read(4096, 19)).toString());
console.log("volume", Buffer.from(await volume.read(4096, 19)).toString());

await volumes.close();
await store.close();
