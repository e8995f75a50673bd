import type { RegionVolumes } from "./volume-store.ts";

type Volume = Awaited<ReturnType<RegionVolumes["describeVolume"]>>;
type Snapshot = Awaited<ReturnType<RegionVolumes["describeSnapshot"]>>;

/** What a directory has of volumes. */
export interface ListedVolumes {
  readonly volumes: readonly Volume[];
  readonly snapshots: readonly Snapshot[];
}

export async function listAll(engine: RegionVolumes): Promise<ListedVolumes> {
  const volumes: Volume[] = [];
  for await (const volume of engine.describeVolumes()) volumes.push(volume);
  const snapshots: Snapshot[] = [];
  for await (const snapshot of engine.describeSnapshots()) snapshots.push(snapshot);
  return { volumes, snapshots };
}

export function listLines({ volumes, snapshots }: ListedVolumes): string[] {
  return [
    ...volumes.map((volume) => {
      const { volumeId, sizeGiB, volumeType, state, snapshotId, encrypted } = volume;
      const from = snapshotId === undefined ? "" : `  of ${snapshotId}`;
      const begin = `${volumeId}  ${sizeGiB} GiB  ${volumeType}  ${state}${from}`;
      return `${begin}${mark(encrypted)}${past(volume)}`;
    }),
    ...snapshots.map(({ snapshotId, sizeGiB, state, startTime, volumeId, encrypted }) => {
      const taken = new Date(startTime).toISOString();
      return `${snapshotId}  ${sizeGiB} GiB  ${state}  ${taken}  of ${volumeId}${mark(encrypted)}`;
    }),
  ];
}

export function retentionLines(volume: Volume): string[] {
  return [`${volume.volumeId}${past(volume) || "  keeps nothing of its past"}`];
}

function past({ retention }: Volume): string {
  if (retention === undefined) return "";
  return `  readable as of ${new Date(retention.fromTime).toISOString()} and later`;
}

function mark(encrypted: boolean): string {
  return encrypted ? "  encrypted" : "";
}
