import { expect, test } from "vitest";
import { Firn } from "./firn.ts";

test("a snapshot goes to a bucket of the same store and comes back from it", async () => {
  const firn = await Firn.open({ ephemeral: true });
  try {
    const { volumes, objects } = firn;
    const bucket = "snapshots";
    await objects.createBucket({ bucket });
    const { volumeId } = await volumes.createVolume({ sizeGiB: 1 });
    const volume = await volumes.openVolume({ volumeId });
    await volume.write(700_000, Buffer.alloc(100_000, "block volume "));
    const { snapshotId } = await volumes.createSnapshot({ volumeId });
    const exported = await volumes.snapshots.export({ snapshotId, bucket, prefix: "daily/" });
    expect(exported).toMatchObject({ blocks: 1, skippedObjects: 0 });
    const again = await volumes.snapshots.export({ snapshotId, bucket, prefix: "daily/" });
    expect(again.skippedObjects).toBe(1);
    await volumes.deleteSnapshot({ snapshotId });
    const { manifestKey } = exported;
    const imported = await volumes.snapshots.import({ bucket, manifestKey });
    const copy = await volumes.openSnapshot(imported);
    const [before, after] = [
      await volume.read(600_000, 300_000),
      await copy.read(600_000, 300_000),
    ];
    expect(Buffer.compare(before, after)).toBe(0);
    const missing = volumes.snapshots.export({ ...imported, bucket: "nowhere" });
    await expect(missing).rejects.toMatchObject({ code: "FIRN_BUCKET_NOT_FOUND" });
  } finally {
    await firn.close();
  }
});
