import { createHmac, hash } from "node:crypto";
import type { Soon } from "@firn/core";
import type { Engine } from "../engine.ts";
import { objectError } from "../errors.ts";
import { withoutUndefined } from "../layout/records.ts";
import type { BucketRecord } from "../layout/records.ts";
import type {
  CustomerKeyRequest,
  EncryptionRequest,
  EncryptionResult,
  KeyBinding,
  KeyRing,
  Seal,
} from "./encryption-types.ts";
import { unwrapKey, wrapKey } from "./key-wrap.ts";

/** A seal, and the key that it holds. */
export interface OpenSeal {
  readonly seal: Seal;
  readonly key: Uint8Array;
}

const KEY_BYTES = 32;

/**
 * How a new object is to be encrypted: as the request says, or else as the bucket does; `undefined`
 * for not at all. `key` is taken over from an object whose bytes are shared.
 *
 * @throws FIRN_OBJECT_ENCRYPTION_INVALID, or what the key ring throws.
 */
export function makeSeal(
  engine: Engine,
  asked: { readonly request: EncryptionRequest; readonly bucket: BucketRecord },
  key?: Uint8Array,
): Soon<OpenSeal | undefined> {
  const request = withDefault(checkRequest(asked.request), asked.bucket);
  const { serverSideEncryption, sseCustomerKey } = request;
  if (serverSideEncryption === undefined && sseCustomerKey === undefined) return undefined;
  return sealFor(engine, request, key ?? engine.store.random.bytes(KEY_BYTES));
}

async function sealFor(
  engine: Engine,
  request: EncryptionRequest,
  own: Uint8Array,
): Promise<OpenSeal | undefined> {
  const { serverSideEncryption: by, sseCustomerKey: customerKey } = request;
  if (customerKey !== undefined) return { seal: customerSeal(customerKey, own), key: own };
  if (by === undefined) return undefined;
  if (by === "AES256") {
    return { seal: { by, key: await ringOf(engine).wrapOwn(own) }, key: own };
  }
  const { ssekmsKeyId, ssekmsEncryptionContext: context, bucketKeyEnabled } = request;
  const binding = bindingOf(engine, { keyId: ssekmsKeyId, context });
  const { keyId, wrapped } = await ringOf(engine).wrap(own, binding);
  const seal: Seal = withoutUndefined({ by, key: wrapped, keyId, context, bucketKeyEnabled });
  return { seal, key: own };
}

/**
 * The key behind a seal, `undefined` for no seal.
 *
 * @throws FIRN_OBJECT_CUSTOMER_KEY when it is the caller's and is not there, or is another one,
 * or when there is one and it is not asked for.
 */
export function openSeal(
  engine: Engine,
  seal: Seal | undefined,
  { sseCustomerKey: customerKey }: CustomerKeyRequest,
): Soon<Uint8Array | undefined> {
  checkCustomerKey(seal, customerKey);
  switch (seal?.by) {
    case undefined:
      return undefined;
    case "AES256":
      return ringOf(engine).unwrapOwn(seal.key);
    case "aws:kms":
      return ringOf(engine).unwrap(seal.key, bindingOf(engine, seal));
    case "customer":
      return customerKey === undefined ? undefined : unwrapKey(customerKey, seal.key);
  }
}

/** As `openSeal`, for who does not read the bytes. */
export function checkCustomerKey(
  seal: Seal | undefined,
  customerKey: Uint8Array | undefined,
): void {
  if (seal?.by !== "customer") {
    if (customerKey === undefined) return;
    throw customerKeyError("The encryption parameters are not applicable to this object.");
  }
  if (customerKey === undefined) {
    throw customerKeyError(
      "The object was stored using a form of Server Side Encryption. The correct parameters must " +
        "be provided to retrieve the object.",
    );
  }
  if (customerKey.length === KEY_BYTES && unwrapKey(customerKey, seal.key) !== undefined) return;
  throw customerKeyError(
    "The provided encryption parameters did not match the ones used originally.",
  );
}

/** What answers say of a seal. */
export function encryptionResult(seal: Seal | undefined): EncryptionResult {
  switch (seal?.by) {
    case undefined:
      return {};
    case "AES256":
      return { serverSideEncryption: "AES256" };
    case "aws:kms":
      return {
        serverSideEncryption: "aws:kms",
        ssekmsKeyId: seal.keyId,
        bucketKeyEnabled: seal.bucketKeyEnabled,
      };
    case "customer":
      return { sseCustomerAlgorithm: "AES256", sseCustomerKeyMD5: seal.customerKeyMD5 };
  }
}

/** Whether the ETag is the MD5 of the bytes: not when that would tell of what is hidden. */
export function hidesDigest(seal: Seal | undefined): boolean {
  return seal !== undefined && seal.by !== "AES256";
}

/**
 * 32 hexadecimal digits that say nothing about the bytes to who has not the object's key; the same
 * for the same bytes, so that a part that is sent again keeps its ETag.
 */
export function hiddenEtag({ key }: OpenSeal, etag: string): string {
  return createHmac("sha256", key).update(etag).digest("hex").slice(0, 32);
}

function customerSeal(customerKey: Uint8Array, key: Uint8Array): Seal {
  const customerKeyMD5 = hash("md5", customerKey, "base64");
  return { by: "customer", key: wrapKey(customerKey, key), customerKeyMD5 };
}

function withDefault(request: EncryptionRequest, { encryption }: BucketRecord): EncryptionRequest {
  const { serverSideEncryption: by, sseCustomerKey, bucketKeyEnabled } = request;
  if (sseCustomerKey !== undefined || encryption === undefined) return request;
  if (by === undefined) {
    return {
      ...request,
      serverSideEncryption: encryption.algorithm,
      ssekmsKeyId: encryption.keyId,
      bucketKeyEnabled: bucketKeyEnabled ?? encryption.bucketKeyEnabled,
    };
  }
  return request;
}

function checkRequest(request: EncryptionRequest): EncryptionRequest {
  const {
    serverSideEncryption: by,
    ssekmsKeyId,
    ssekmsEncryptionContext,
    sseCustomerKey,
  } = request;
  if (by !== undefined && by !== "AES256" && by !== "aws:kms") {
    throw invalidError("The encryption method specified is not supported");
  }
  if (by !== "aws:kms" && (ssekmsKeyId !== undefined || ssekmsEncryptionContext !== undefined)) {
    const header = "x-amz-server-side-encryption-aws-kms-key-id";
    throw invalidError(`The ${header} header needs x-amz-server-side-encryption to be aws:kms.`);
  }
  if (sseCustomerKey === undefined) return request;
  if (by !== undefined) {
    throw invalidError(
      "Server Side Encryption with Customer provided key is incompatible with the encryption " +
        "method specified",
    );
  }
  if (sseCustomerKey.length === KEY_BYTES) return request;
  throw invalidError("The secret key was invalid for the specified algorithm.");
}

function bindingOf(
  engine: Engine,
  { keyId, context }: Pick<KeyBinding, "keyId" | "context"> | Seal,
): KeyBinding {
  const { accountId, region } = engine.scope;
  return { accountId, region, keyId, context };
}

function ringOf({ keyRing }: Engine): KeyRing {
  if (keyRing !== undefined) return keyRing;
  throw objectError(
    "FIRN_OBJECT_NOT_IMPLEMENTED",
    "Encryption on the server needs a key ring, and the object store was opened without one.",
    { detail: { header: "x-amz-server-side-encryption" } },
  );
}

function customerKeyError(message: string): Error {
  return objectError("FIRN_OBJECT_CUSTOMER_KEY", message);
}

function invalidError(message: string): Error {
  return objectError("FIRN_OBJECT_ENCRYPTION_INVALID", message);
}
