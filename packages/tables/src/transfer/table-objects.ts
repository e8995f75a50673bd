/** Where an object lies. */
export interface ObjectPlace {
  /** 12 digits: whose buckets they are. */
  readonly accountId: string;
  readonly bucket: string;
  readonly key: string;
}

/** Takes what tables export. */
export interface ObjectSink {
  /** Resolves when the object is durable. Rejects with a FirnError that says why not. */
  putObject(
    object: ObjectPlace & {
      readonly body: Uint8Array | AsyncIterable<Uint8Array>;
      readonly contentType: string;
    },
  ): Promise<{ readonly eTag: string }>;
}

/** Gives what tables import. */
export interface ObjectSource {
  /** Keys that begin with the prefix, in order. */
  listObjects(
    of: Omit<ObjectPlace, "key"> & { readonly prefix: string },
  ): AsyncIterable<{ readonly key: string; readonly size: number }>;
  getObject(object: ObjectPlace): AsyncIterable<Uint8Array>;
}

/** The object store that exports go to and imports come from. */
export interface TableObjects extends ObjectSink, ObjectSource {}
