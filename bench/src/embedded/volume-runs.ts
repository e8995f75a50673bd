import { openStore } from "@firn/core";
import { Volumes } from "@firn/volumes";
import type { Sample } from "../harness/row.ts";
import { randomReads, randomWrites, syncedWrites } from "./block-runs.ts";
import type { OpenBlocks } from "./block-runs.ts";

const openVolume: OpenBlocks = async (directory) => {
  const store = await openStore({ directory });
  const volumes = await Volumes.open({ store });
  const { volumeId } = await volumes.createVolume({ sizeGiB: 1 });
  const volume = await volumes.openVolume({ volumeId });
  return {
    read: (offset, into) => volume.readInto(offset, into),
    write: (offset, bytes) => volume.write(offset, bytes),
    flush: () => volume.flush(),
    close: async () => {
      await volumes.close();
      await store.close();
    },
  };
};

export function volumeWrites(directory: string, seconds: number): Promise<Sample> {
  return randomWrites(openVolume, directory, seconds);
}

export function volumeSyncedWrites(directory: string, seconds: number): Promise<Sample> {
  return syncedWrites(openVolume, directory, seconds);
}

export function volumeReads(directory: string, seconds: number): Promise<Sample> {
  return randomReads(openVolume, directory, seconds);
}
