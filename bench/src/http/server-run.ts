/** What a server's process is told. */
export interface ServerRun {
  readonly directory: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Bytes of an object, for the server that only pretends to have one. */
  readonly bytes: number;
}

/** What it answers once it listens on 127.0.0.1. */
export interface ServerReady {
  readonly port: number;
}
