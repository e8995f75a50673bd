/** What the volume engine needs of an object store: where snapshots go to and come from. */

/** An object of an account's bucket. */
export interface ObjectPlace {
  /** 12 digits. */
  readonly accountId: string;
  readonly bucket: string;
  readonly key: string;
}

export interface ObjectHead {
  readonly bytes: number;
  /** Another one when the content is another. */
  readonly tag: string;
}

/** An upload in parts that has not been completed. */
export interface ObjectUpload {
  readonly uploadId: string;
  /** Bytes of the parts that are there, by their numbers from 1 on. */
  readonly parts: ReadonlyMap<number, number>;
}

/** Passes on what the object store throws: a missing bucket, a full disk. */
export interface VolumeObjects {
  putObject(place: ObjectPlace, body: Uint8Array): Promise<void>;
  /** `undefined` when there is no such object. */
  head(place: ObjectPlace): Promise<ObjectHead | undefined>;
  /** All of it, or the bytes from `start` up to `end`, which may lie behind its end. */
  getObject(
    place: ObjectPlace,
    range?: { readonly start: number; readonly end: number },
  ): AsyncIterable<Uint8Array>;
  /** Returns the upload's id. */
  beginUpload(place: ObjectPlace): Promise<string>;
  /** The newest unfinished upload of that key. */
  findUpload(place: ObjectPlace): Promise<ObjectUpload | undefined>;
  putPart(
    place: ObjectPlace,
    part: { readonly uploadId: string; readonly number: number },
    body: AsyncIterable<Uint8Array>,
  ): Promise<void>;
  /** Makes the object of all parts. */
  completeUpload(place: ObjectPlace, uploadId: string): Promise<void>;
}
