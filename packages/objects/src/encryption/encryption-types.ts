/** How an object's bytes are encrypted on the disk. */
export type EncryptionAlgorithm = "AES256" | "aws:kms";

/** What a write may say of encryption; without any of it the bucket's default holds. */
export interface EncryptionRequest {
  /** `AES256`: with a key of the store's own. `aws:kms`: with a named key of the key ring. */
  readonly serverSideEncryption?: EncryptionAlgorithm | undefined;
  /** Key id or ARN, beside `aws:kms` only. Default: the account's key for S3. */
  readonly ssekmsKeyId?: string | undefined;
  /** Bound to the wrapped key: it is needed unchanged to open it. */
  readonly ssekmsEncryptionContext?: Readonly<Record<string, string>> | undefined;
  /** Kept and told again; keys being local, it saves nothing here. */
  readonly bucketKeyEnabled?: boolean | undefined;
  /** 32 bytes that only the caller keeps: every read must bring them again. */
  readonly sseCustomerKey?: Uint8Array | undefined;
}

/** What a read of an object that was written with the caller's own key must bring. */
export interface CustomerKeyRequest {
  readonly sseCustomerKey?: Uint8Array | undefined;
}

/** What an answer says of an encrypted object; empty for one that is not. */
export interface EncryptionResult {
  readonly serverSideEncryption?: EncryptionAlgorithm | undefined;
  readonly ssekmsKeyId?: string | undefined;
  readonly bucketKeyEnabled?: boolean | undefined;
  readonly sseCustomerAlgorithm?: "AES256" | undefined;
  /** Base64 of the MD5 of the caller's key. */
  readonly sseCustomerKeyMD5?: string | undefined;
}

/** A bucket's default for writes that say nothing. */
export interface BucketEncryption {
  readonly algorithm: EncryptionAlgorithm;
  readonly keyId?: string | undefined;
  readonly bucketKeyEnabled?: boolean | undefined;
}

/** What a wrapped key belongs to. */
export interface KeyBinding {
  /** The account that asks. */
  readonly accountId: string;
  readonly region: string;
  /** Id or ARN; `undefined` for the account's own key for S3. */
  readonly keyId: string | undefined;
  readonly context: Readonly<Record<string, string>> | undefined;
}

/**
 * Where keys come from. Declared here, kept elsewhere: the object store hands over keys to wrap
 * and stores what it gets.
 */
export interface KeyRing {
  /** Wraps 32 bytes with the store's own key: encryption that nobody has to think about. */
  wrapOwn(key: Uint8Array): Promise<Uint8Array>;
  unwrapOwn(wrapped: Uint8Array): Promise<Uint8Array>;
  /**
   * Wraps 32 bytes with a named key.
   * @throws a FirnError when there is no such key, or it is disabled.
   */
  wrap(key: Uint8Array, binding: KeyBinding): Promise<WrappedKey>;
  unwrap(wrapped: Uint8Array, binding: KeyBinding): Promise<Uint8Array>;
}

export interface WrappedKey {
  /** ARN of the key that was used. */
  readonly keyId: string;
  readonly wrapped: Uint8Array;
}

/** How one version, or one open upload, is encrypted. Its bytes' keys are wrapped by `key`. */
export interface Seal {
  readonly by: EncryptionAlgorithm | "customer";
  /** The object's key, wrapped. */
  readonly key: Uint8Array;
  /** ARN, by `aws:kms`. */
  readonly keyId?: string | undefined;
  readonly context?: Readonly<Record<string, string>> | undefined;
  readonly bucketKeyEnabled?: boolean | undefined;
  /** Base64, by `customer`. */
  readonly customerKeyMD5?: string | undefined;
}
