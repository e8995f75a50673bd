import {
  archiveParity,
  archiveScrub,
  archiveScrubPlain,
  archiveUploads,
  hashAlone,
} from "./archive-runs.ts";
import type { Sample } from "../harness/row.ts";
import {
  volumeCloneReads,
  volumeLeftOpen,
  volumeMoments,
  volumeOpenAfterKill,
  volumeSnapshots,
} from "./volume-cost-runs.ts";
import { volumeReads, volumeSyncedWrites, volumeWrites } from "./volume-runs.ts";
import { fileReads, fileSyncedWrites, fileWrites } from "./file-runs.ts";

export type StartRun = (directory: string, seconds: number) => Promise<Sample>;

/** By the name that the suite asks for. */
export const embeddedRuns: Readonly<Record<string, StartRun>> = {
  archiveParity,
  archiveScrub,
  archiveScrubPlain,
  archiveUploads,
  hashAlone,
  volumeCloneReads,
  volumeLeftOpen,
  volumeMoments,
  volumeOpenAfterKill,
  volumeReads,
  volumeSnapshots,
  volumeSyncedWrites,
  volumeWrites,
  fileReads,
  fileSyncedWrites,
  fileWrites,
};
