import type { Volume, Volumes } from "@firn/volumes";
import { FirnError } from "@firn/core";
import { LISTED_MAX } from "./constants.ts";
import { Transmission } from "./protocol.ts";

/** A volume, or a snapshot for reading, opened for one connection. */
export interface NbdExport {
  readonly name: string;
  readonly description: string;
  readonly volume: Volume;
  /** Transmission flags. */
  readonly flags: number;
  /** The engine, bound to the account and region of the export. */
  readonly volumes: Volumes;
}

const SNAPSHOT_PREFIX = "snap-";
/** Between a volume's id and a moment. */
const MOMENT_MARK = "@";
/** Types that AWS puts on magnetic disks. */
const ROTATIONAL_TYPES: readonly string[] = ["st1", "sc1", "standard"];

/** Kinds of errors that mean that there is no such export. */
const MISSING: readonly string[] = ["notFound", "conflict", "invalid"];

const WRITABLE_FLAGS =
  Transmission.sendFlush |
  Transmission.sendFua |
  Transmission.sendTrim |
  Transmission.sendWriteZeroes |
  Transmission.sendFastZero;
/** Every connection of a volume sees one map, and a flush covers all of them. */
const COMMON_FLAGS =
  Transmission.hasFlags | Transmission.sendDf | Transmission.sendCache | Transmission.canMultiConn;

/**
 * The export of that name: the id of a volume or snapshot of whatever account and region; a
 * volume's id, `@` and a moment of its history; without a name the only volume. `undefined` when
 * there is none.
 */
export async function openExport(volumes: Volumes, name: string): Promise<NbdExport | undefined> {
  const [id = "", moment] = name === "" ? [await onlyVolume(volumes)] : splitOnce(name);
  const owner = await volumes.ownerOf(id);
  if (owner === undefined) return undefined;
  try {
    if (moment !== undefined) return await openMoment(owner, id, moment);
    if (id.startsWith(SNAPSHOT_PREFIX)) return await openSnapshot(owner, id);
    return await openVolume(owner, id);
  } catch (error) {
    // A snapshot that is being uploaded or lies in the archive is not to be had either, nor is a
    // moment that is still to come.
    const missing = error instanceof FirnError && MISSING.includes(error.kind);
    if (missing) return undefined;
    throw error;
  }
}

/** The id that an export's name begins with. */
export function volumeOfExport(name: string): string {
  return splitOnce(name)[0] as string;
}

/** Names of everything that can be exported: volumes, then snapshots. */
export async function listExports(volumes: Volumes): Promise<string[]> {
  return (await volumes.allIds()).slice(0, LISTED_MAX);
}

async function openVolume(volumes: Volumes, volumeId: string): Promise<NbdExport> {
  const { volumeType, sizeGiB } = await volumes.describeVolume({ volumeId });
  const volume = await volumes.openVolume({ volumeId });
  const rotational = ROTATIONAL_TYPES.includes(volumeType) ? Transmission.rotational : 0;
  const flags = COMMON_FLAGS | WRITABLE_FLAGS | rotational;
  const description = `${volumeType}, ${sizeGiB} GiB`;
  return { name: volumeId, description, volume, flags, volumes };
}

/** `vol-…@2026-11-24T10:00:00Z`, or milliseconds since 1970 UTC behind the `@`: for reading. */
async function openMoment(
  volumes: Volumes,
  volumeId: string,
  moment: string,
): Promise<NbdExport | undefined> {
  const time = /^\d+$/.test(moment) ? Number(moment) : Date.parse(moment);
  if (!Number.isSafeInteger(time) || volumeId.startsWith(SNAPSHOT_PREFIX)) return undefined;
  const volume = await volumes.openVolumeAt({ volumeId, time });
  const flags = COMMON_FLAGS | Transmission.readOnly;
  const description = `${volumeId} as of ${new Date(time).toISOString()}`;
  return { name: `${volumeId}@${moment}`, description, volume, flags, volumes };
}

function splitOnce(name: string): string[] {
  const at = name.indexOf(MOMENT_MARK);
  return at < 0 ? [name] : [name.slice(0, at), name.slice(at + 1)];
}

async function openSnapshot(volumes: Volumes, snapshotId: string): Promise<NbdExport> {
  const { volumeId } = await volumes.describeSnapshot({ snapshotId });
  const volume = await volumes.openSnapshot({ snapshotId });
  const flags = COMMON_FLAGS | Transmission.readOnly;
  const description = `snapshot of ${volumeId}`;
  return { name: snapshotId, description, volume, flags, volumes };
}

async function onlyVolume(volumes: Volumes): Promise<string> {
  const [first, second] = await volumes.allIds();
  const several = second !== undefined && !second.startsWith(SNAPSHOT_PREFIX);
  return first === undefined || several ? "" : first;
}
