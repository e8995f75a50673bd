/** A file of a backup. */
export interface BackupFile {
  /** Slashes part folders: `segments/commit/0000000001-…`. */
  readonly name: string;
  readonly bytes: number;
}

/**
 * Where backups lie: a directory, a bucket. Files are written once and never changed; a backup
 * counts from the moment its manifest is there, which is written last.
 */
export interface BackupTarget {
  /** For messages: a path, `s3://bucket/prefix`. */
  readonly where: string;
  /** All files whose names begin with `prefix`, in any order. */
  list(prefix: string): AsyncIterable<BackupFile>;
  /** The file's bytes. @throws FIRN_BACKUP_DAMAGED when there is no such file. */
  read(name: string): AsyncIterable<Uint8Array>;
  /**
   * Writes a file of exactly `bytes`: whole and durable when it resolves, and not there (or as it
   * was) when it rejects or the process ends.
   */
  write(file: BackupFile, body: AsyncIterable<Uint8Array>): Promise<void>;
  /** An absent file is no error. */
  remove(name: string): Promise<void>;
}
