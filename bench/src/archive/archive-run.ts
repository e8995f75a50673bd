/** What a server's process is told. */
export interface ArchiveServerRun {
  readonly directory: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Bytes of one archive. */
  readonly bytes: number;
  /** Archives that lie ready to be fetched before the clock starts. */
  readonly outputs: number;
}

/** What it answers once it listens on 127.0.0.1. */
export interface ArchiveServerReady {
  readonly port: number;
  readonly pid: number;
  /** Paths that answer with an archive. */
  readonly outputs: readonly string[];
}
