import { join } from "node:path";
import { openStore } from "@firn/core";
import { NbdServer } from "@firn/nbd";
import { Volumes } from "@firn/volumes";
import { receiveInput } from "../harness/child.ts";
import type { NbdReady, NbdRun } from "./nbd-run.ts";

const PIECE_BYTES: number = 1024 * 1024;

/** Firn's NBD server over a volume of 1 GiB, durable. */
async function main(): Promise<void> {
  const { directory, filledBytes, blockCacheBytes } = await receiveInput<NbdRun>();
  const store = await openStore({ directory: join(directory, "store") });
  const volumes = await Volumes.open({ store, blockCacheBytes });
  const { volumeId } = await volumes.createVolume({ sizeGiB: 1 });
  const volume = await volumes.openVolume({ volumeId });
  for (let at = 0; at < filledBytes; at += PIECE_BYTES) {
    await volume.write(at, Buffer.alloc(PIECE_BYTES, 1 + (at % 251)));
  }
  await volume.flush();
  const socketPath = join(directory, "nbd.sock");
  await NbdServer.listen({ volumes, socketPath });
  process.on("message", () => {
    void volumes.createSnapshot({ volumeId }).then(() => process.send?.("done"));
  });
  const ready: NbdReady = { uri: `nbd+unix:///${volumeId}?socket=${socketPath}` };
  process.send?.(ready);
}

void main();
