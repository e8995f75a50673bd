import type { FileSystem } from "../platform/file-system.ts";
import type { Random } from "../platform/random.ts";
import type { DiskReserve } from "./disk-reserve.ts";
import type { Manifest } from "./manifest.ts";
import type { RecordIdentity } from "./record.ts";

export interface LogLimits {
  /** Bytes of one segment, 64 MiB; a larger group gets a larger segment. */
  readonly segmentBytes: number;
  /** First step of prepared room; later ones double up to 8 MiB. */
  readonly prepareBytes: number;
  /** From groups of this size on, on average, room is not zeroed before it is needed. */
  readonly freshGroupBytes: number;
}

export interface LogHome {
  readonly fileSystem: FileSystem;
  readonly manifest: Manifest;
  readonly random: Random;
  readonly identity: RecordIdentity;
  /** What headers and checksums are made with: `checksumIdOf` the manifest. */
  readonly storeId: string;
  readonly limits: LogLimits;
  readonly directory: string;
  /** Room for compaction, and for a group that meets a full disk. */
  readonly reserve: DiskReserve;
}
