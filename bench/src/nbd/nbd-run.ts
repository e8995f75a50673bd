/** What a server's process is told. */
export interface NbdRun {
  readonly directory: string;
  /** Bytes at the front that hold data before the run. */
  readonly filledBytes: number;
  /** Firn's cache of verified blocks; default its own. */
  readonly blockCacheBytes?: number | undefined;
}

/** What it answers once it listens. */
export interface NbdReady {
  /** As fio and libnbd take it. */
  readonly uri: string;
}
