/** What the volume engine needs of an object store: where snapshots go to and come from. */

/** An object of an account's bucket. */
export interface ObjectPlace {
  /** 12 digits. */
  readonly accountId: string;
  readonly bucket: string;
  readonly key: string;
}

/** Passes on what the object store throws: a missing bucket, a full disk. */
export interface VolumeObjects {
  putObject(place: ObjectPlace, body: Uint8Array): Promise<void>;
  /** Bytes of an object; `undefined` when there is none. */
  sizeOf(place: ObjectPlace): Promise<number | undefined>;
  getObject(place: ObjectPlace): AsyncIterable<Uint8Array>;
}
