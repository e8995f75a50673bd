export { FirnError, coreErrors } from "./errors.ts";
export type { CoreErrorCode, FirnErrorKind, FirnErrorOptions } from "./errors.ts";
export type { FileHandle, FileLock, FileSystem } from "./platform/file-system.ts";
export { sleep } from "./platform/clock.ts";
export type { Clock, ClockMode } from "./platform/clock.ts";
export { SeededRandom } from "./platform/random.ts";
export type { Random } from "./platform/random.ts";
export type * from "./store-api.ts";
