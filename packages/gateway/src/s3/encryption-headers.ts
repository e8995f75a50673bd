import { hash } from "node:crypto";
import type { EncryptionRequest, EncryptionResult } from "@firn/objects";
import { ServiceError, boolean, string } from "@firn/wire";
import type { Shape } from "@firn/wire";
import type { S3Context } from "./context.ts";

/** How encryption travels: headers of requests and answers. */

type Text = Shape<string, false>;
type Texts<Names extends string> = Readonly<Record<Names, Text>>;

const PREFIX = "x-amz-server-side-encryption";
const CUSTOMER = `${PREFIX}-customer`;
const SOURCE_CUSTOMER = "x-amz-copy-source-server-side-encryption-customer";

const header = (name: string): Text => string({ in: "header", name });

/** The caller's own key: of writes, and of reads of what was written with it. */
export const customerKeyMembers: Texts<
  "SSECustomerAlgorithm" | "SSECustomerKey" | "SSECustomerKeyMD5"
> = {
  SSECustomerAlgorithm: header(`${CUSTOMER}-algorithm`),
  SSECustomerKey: header(`${CUSTOMER}-key`),
  SSECustomerKeyMD5: header(`${CUSTOMER}-key-md5`),
};

export const sourceKeyMembers: Texts<
  "CopySourceSSECustomerAlgorithm" | "CopySourceSSECustomerKey" | "CopySourceSSECustomerKeyMD5"
> = {
  CopySourceSSECustomerAlgorithm: header(`${SOURCE_CUSTOMER}-algorithm`),
  CopySourceSSECustomerKey: header(`${SOURCE_CUSTOMER}-key`),
  CopySourceSSECustomerKeyMD5: header(`${SOURCE_CUSTOMER}-key-md5`),
};

/** What a write may ask for. */
export const encryptionMembers: typeof customerKeyMembers &
  Texts<"ServerSideEncryption" | "SSEKMSKeyId" | "SSEKMSEncryptionContext"> & {
    readonly BucketKeyEnabled: Shape<boolean, false>;
  } = {
  ...customerKeyMembers,
  ServerSideEncryption: header(PREFIX),
  SSEKMSKeyId: header(`${PREFIX}-aws-kms-key-id`),
  SSEKMSEncryptionContext: header(`${PREFIX}-context`),
  BucketKeyEnabled: boolean({ in: "header", name: `${PREFIX}-bucket-key-enabled` }),
};

/** What reads must not send: S3 refuses it, because it says nothing there. */
export const refusedEncryptionMembers: Texts<"ServerSideEncryption" | "SSEKMSKeyId"> = {
  ServerSideEncryption: header(PREFIX),
  SSEKMSKeyId: header(`${PREFIX}-aws-kms-key-id`),
};

/** What answers say. */
export const encryptionHeaderMembers: Texts<
  "ServerSideEncryption" | "SSEKMSKeyId" | "SSECustomerAlgorithm" | "SSECustomerKeyMD5"
> & { readonly BucketKeyEnabled: Shape<boolean, false> } = {
  ServerSideEncryption: encryptionMembers.ServerSideEncryption,
  SSEKMSKeyId: encryptionMembers.SSEKMSKeyId,
  BucketKeyEnabled: encryptionMembers.BucketKeyEnabled,
  SSECustomerAlgorithm: customerKeyMembers.SSECustomerAlgorithm,
  SSECustomerKeyMD5: customerKeyMembers.SSECustomerKeyMD5,
};

interface CustomerKeyInput {
  readonly SSECustomerAlgorithm?: string | undefined;
  readonly SSECustomerKey?: string | undefined;
  readonly SSECustomerKeyMD5?: string | undefined;
}

interface EncryptionInput extends CustomerKeyInput {
  readonly ServerSideEncryption?: string | undefined;
  readonly SSEKMSKeyId?: string | undefined;
  readonly SSEKMSEncryptionContext?: string | undefined;
  readonly BucketKeyEnabled?: boolean | undefined;
}

type Allowing = Pick<S3Context, "customerKeys" | "raw">;

/** @throws ServiceError InvalidArgument, InvalidRequest. */
export function encryptionOf(input: EncryptionInput, context: Allowing): EncryptionRequest {
  const { ServerSideEncryption: by, SSEKMSKeyId, SSEKMSEncryptionContext: encoded } = input;
  if (by === "aws:kms:dsse") {
    const text = "A header you provided implies functionality that is not implemented";
    throw new ServiceError("NotImplemented", 501, text, { members: { Header: PREFIX } });
  }
  if (by !== undefined && by !== "AES256" && by !== "aws:kms") {
    throw invalid("The encryption method specified is not supported", PREFIX, by);
  }
  return {
    serverSideEncryption: by,
    ssekmsKeyId: SSEKMSKeyId,
    ssekmsEncryptionContext: encoded === undefined ? undefined : readContext(encoded),
    bucketKeyEnabled: input.BucketKeyEnabled,
    sseCustomerKey: customerKeyOf(input, context),
  };
}

/**
 * The caller's key, checked against its digest: a key damaged on the way must lock nothing away.
 *
 * @throws ServiceError InvalidArgument, InvalidRequest.
 */
export function customerKeyOf(
  input: CustomerKeyInput,
  context: Allowing,
  prefix: string = CUSTOMER,
): Uint8Array | undefined {
  const { SSECustomerAlgorithm: algorithm, SSECustomerKey: key, SSECustomerKeyMD5: md5 } = input;
  if (algorithm === undefined && key === undefined && md5 === undefined) return undefined;
  if (context.customerKeys === "refused") {
    throw new ServiceError(
      "InvalidRequest",
      400,
      "Requests specifying Server Side Encryption with Customer provided keys must be made over " +
        "a secure connection.",
    );
  }
  const needed = "Requests specifying Server Side Encryption with Customer provided keys must";
  if (algorithm === undefined) {
    throw invalid(`${needed} provide a valid encryption algorithm.`, `${prefix}-algorithm`);
  }
  if (algorithm !== "AES256") {
    throw new ServiceError(
      "InvalidEncryptionAlgorithmError",
      400,
      "The Encryption request you specified is not valid. Supported value: AES256.",
    );
  }
  if (key === undefined) {
    throw invalid(`${needed} provide an appropriate secret key.`, `${prefix}-key`);
  }
  if (md5 === undefined) {
    const text = `${needed} provide the client calculated MD5 of the secret key.`;
    throw invalid(text, `${prefix}-key-MD5`);
  }
  const bytes = Buffer.from(key, "base64");
  if (bytes.length !== 32) {
    throw invalid("The secret key was invalid for the specified algorithm.", `${prefix}-key`);
  }
  if (hash("md5", bytes, "base64") === md5) return bytes;
  throw invalid(
    "The calculated MD5 hash of the key did not match the hash that was provided.",
    `${prefix}-key-MD5`,
    md5,
  );
}

interface SourceKeyInput {
  readonly CopySourceSSECustomerAlgorithm?: string | undefined;
  readonly CopySourceSSECustomerKey?: string | undefined;
  readonly CopySourceSSECustomerKeyMD5?: string | undefined;
}

/** The key of a copy's source. */
export function sourceKeyOf(input: SourceKeyInput, context: Allowing): Uint8Array | undefined {
  const key = {
    SSECustomerAlgorithm: input.CopySourceSSECustomerAlgorithm,
    SSECustomerKey: input.CopySourceSSECustomerKey,
    SSECustomerKeyMD5: input.CopySourceSSECustomerKeyMD5,
  };
  return customerKeyOf(key, context, SOURCE_CUSTOMER);
}

/** @throws ServiceError InvalidArgument when a read says how it wants to be encrypted. */
export function refuseEncryption(input: EncryptionInput): void {
  for (const [value, name] of [
    [input.ServerSideEncryption, PREFIX],
    [input.SSEKMSKeyId, `${PREFIX}-aws-kms-key-id`],
  ] as const) {
    if (value === undefined) continue;
    throw invalid(`${name} header is not supported for this operation.`, name, value);
  }
}

export function encryptionHeaders(made: EncryptionResult): {
  readonly [Name in keyof typeof encryptionHeaderMembers]: Name extends "BucketKeyEnabled"
    ? boolean | undefined
    : string | undefined;
} {
  return {
    ServerSideEncryption: made.serverSideEncryption,
    SSEKMSKeyId: made.ssekmsKeyId,
    BucketKeyEnabled: made.bucketKeyEnabled,
    SSECustomerAlgorithm: made.sseCustomerAlgorithm,
    SSECustomerKeyMD5: made.sseCustomerKeyMD5,
  };
}

/** Base64 of a JSON object of strings. */
function readContext(encoded: string): Record<string, string> {
  try {
    const context: unknown = JSON.parse(Buffer.from(encoded, "base64").toString());
    if (typeof context === "object" && context !== null && !Array.isArray(context)) {
      const pairs = Object.entries(context);
      if (pairs.every((pair): pair is [string, string] => typeof pair[1] === "string")) {
        return Object.fromEntries(pairs);
      }
    }
  } catch {
    // Not JSON: told below.
  }
  const text =
    "The header 'x-amz-server-side-encryption-context' shall be Base64-encoded UTF-8 " +
    "string holding JSON which represents a string-string map";
  throw invalid(text, `${PREFIX}-context`, encoded);
}

function invalid(message: string, name: string, value?: string): ServiceError {
  const members = { ArgumentName: name, ArgumentValue: value };
  return new ServiceError("InvalidArgument", 400, message, { members });
}
