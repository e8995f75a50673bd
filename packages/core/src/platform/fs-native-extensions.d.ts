/** The package ships no types; this is the part that Firn uses. */
declare module "fs-native-extensions" {
  /** An exclusive lock on an open file, held by the kernel until the descriptor is closed. */
  export function tryLock(fd: number): boolean;
}
