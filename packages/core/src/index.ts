export { FirnError, coreErrors } from "./errors.ts";
export type { CoreErrorCode, FirnErrorKind, FirnErrorOptions } from "./errors.ts";
export type { FileHandle, FileLock, FileSystem } from "./platform/file-system.ts";
export { sleep } from "./platform/clock.ts";
export type { Clock, ClockMode } from "./platform/clock.ts";
export { SeededRandom } from "./platform/random.ts";
export type { Random } from "./platform/random.ts";
export type * from "./store-api.ts";
export { ManualClock, RealClock, ScaledClock, makeClock } from "./platform/clocks.ts";
export { NodeFileSystem } from "./platform/node-file-system.ts";
export { NodeRandom } from "./platform/node-random.ts";
export { makeTemporaryDirectory, removeFile, restrictToOwner } from "./platform/directories.ts";
export { openFilesMax } from "./platform/open-files.ts";
export type * from "./index/ordered-index.ts";
export type * from "./log/shard-log.ts";
export type * from "./log/chunk-store.ts";
export { openStore } from "./store/open-store.ts";
export type { OpenLimits } from "./store/open-context.ts";
export type { OpenStoreOptions } from "./store/open-store.ts";
export { LogStore } from "./store.ts";
export { decodeKey, encodeKey, prefixEnd } from "./index/key.ts";
export type { KeyPart, KeyPartKind } from "./index/key.ts";
export { packValue, unpackValue } from "./value.ts";
export { levelIndex } from "./index/level-index.ts";
export { loadHasher } from "./hasher.ts";
export type { Hasher } from "./hasher.ts";
export type { Backups, StoreBackups } from "./backup/store-backups.ts";
export type { BackupFile, BackupTarget } from "./backup/backup-target.ts";
export type { HeldCapture, StoreCapture } from "./backup/capture-store.ts";
export { DirectoryTarget } from "./backup/directory-target.ts";
export { SealedTarget } from "./backup/sealed-target.ts";
export type { SealedTargetOptions } from "./backup/sealed-target.ts";
export { backupNumbers, readManifest } from "./backup/backup-manifest.ts";
export type { BackupManifest } from "./backup/backup-manifest.ts";
export { runBackup } from "./backup/run-backup.ts";
export type {
  BackupOptions,
  BackupProgress,
  BackupReport,
  BackupSource,
} from "./backup/run-backup.ts";
export { restoreBackup } from "./backup/restore-backup.ts";
export type { RestoreOptions, RestoreReport } from "./backup/restore-backup.ts";
export { checkStore } from "./check/check-store.ts";
export type { CheckProblem } from "./check/check-context.ts";
export type { CheckReport } from "./check/check-store.ts";
export type { CheckOptions } from "./check/open-directory.ts";
export { scrubStore } from "./scrub/scrub-store.ts";
export type { ScrubStoreOptions } from "./scrub/scrub-store.ts";
export type * from "./status-api.ts";
export type { ParityOptions } from "./parity/parity-keeper.ts";
export { ScrubSchedule } from "./scrub/scrub-schedule.ts";
export type { ScrubScheduleParts } from "./scrub/scrub-schedule.ts";
export { runsIndex } from "./index/runs/runs-index.ts";
export type { RunsIndexOptions } from "./index/runs/runs-index.ts";
export { makeWorkerPool } from "./platform/node-worker-pool.ts";
export type { WorkerHome, WorkerPool, WorkerTask } from "./platform/worker-pool.ts";
