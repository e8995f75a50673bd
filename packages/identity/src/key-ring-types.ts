import type { Store } from "@firn/core";

export interface KeyRingOptions {
  readonly store: Store;
  /**
   * 32 bytes kept outside the data directory, that wrap every key in it. Without them the keys lie
   * in the directory as they are: encryption then guards what leaves it (a single file, a backup of
   * the extents), not the directory as a whole. A ring keeps to what it was made with.
   */
  readonly masterKey?: Uint8Array | undefined;
}

export interface CreateEncryptionKeyOptions {
  readonly accountId: string;
  /** Default us-east-1. */
  readonly region?: string | undefined;
  /** 1 to 128 of `A-Z a-z 0-9 _ -`. Default: drawn, in the form of a UUID. */
  readonly keyId?: string | undefined;
}

export interface EncryptionKeyName {
  /** An ARN. */
  readonly arn: string;
}

/** A named key, without its bytes. */
export interface EncryptionKey {
  readonly keyId: string;
  /** arn:aws:kms:REGION:ACCOUNT:key/ID. */
  readonly arn: string;
  readonly accountId: string;
  readonly region: string;
  readonly enabled: boolean;
  /** `S3`: made by the first encryption that named none (AWS calls it aws/s3). */
  readonly manager: "S3" | "customer";
  /** Milliseconds since 1970 UTC, in the store's time. */
  readonly createdAtMs: number;
}

/** For whom and under which name something is wrapped. */
export interface KeyUse {
  readonly accountId: string;
  readonly region: string;
  /** Id or ARN; `undefined` for the account's key that S3 manages. */
  readonly keyId: string | undefined;
  /** Needed unchanged to unwrap. */
  readonly context: Readonly<Record<string, string>> | undefined;
}

export interface WrappedByKey {
  /** ARN. */
  readonly keyId: string;
  readonly wrapped: Uint8Array;
}
