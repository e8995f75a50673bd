import { createHmac } from "node:crypto";
import { AuthError } from "../auth-error.ts";
import { ALGORITHM } from "../constants.ts";
import { requireSessionToken } from "../freshness.ts";
import { splitCredential } from "../presented-signature.ts";
import type { SigningCredential } from "../request.ts";
import { deriveSigningKey, sameSecret } from "../signing-key.ts";
import { parseTimestamp } from "../timestamp.ts";
import { PostError } from "./post-error.ts";

/** Fields of a form before its file, by their lower-case names. */
export type FormFields = ReadonlyMap<string, string>;

export interface PostVerification<C extends SigningCredential> {
  readonly credentials: (accessKeyId: string) => C | undefined;
  /** Real time in milliseconds since 1970 UTC. */
  readonly nowMs: number;
}

/** Who signed the policy of a form, and for which region. */
export interface FormSigner<C extends SigningCredential> {
  readonly credential: C;
  readonly region: string | undefined;
}

/**
 * Who signed the form's policy, by Signature Version 4 or 2; `undefined` when nobody did and it
 * has no policy either: it is a stranger's. The policy itself is the caller's to check.
 *
 * @throws PostError for a form that lacks a field, AuthError for a signature that is not right.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-authentication-HTTPPOST.html
 */
export function verifyPostForm<C extends SigningCredential>(
  fields: FormFields,
  { credentials, nowMs }: PostVerification<C>,
): FormSigner<C> | undefined {
  const version4 = fields.has("x-amz-signature") || fields.has("x-amz-algorithm");
  const version2 = fields.has("signature") || fields.has("awsaccesskeyid");
  if (!version4 && !version2) {
    if (fields.has("policy")) throw missingField(version4 ? "X-Amz-Signature" : "Signature");
    return undefined;
  }
  const policy = required(fields, "policy", "Policy");
  const claimed = version4 ? claimOfVersion4(fields) : claimOfVersion2(fields);
  const { accessKeyId } = claimed;
  const credential = credentials(accessKeyId);
  if (credential === undefined) {
    throw new AuthError("FIRN_AUTH_KEY_UNKNOWN", "no such access key", { accessKeyId });
  }
  const token = fields.get("x-amz-security-token");
  requireSessionToken({ token, accessKeyId }, credential, nowMs);
  if (sameSecret(claimed.signature, claimed.sign(credential.secretAccessKey, policy))) {
    return { credential, region: claimed.region };
  }
  throw new AuthError("FIRN_AUTH_SIGNATURE_MISMATCH", "the signature does not fit the policy", {
    accessKeyId,
    signature: claimed.signature,
    stringToSign: policy,
  });
}

interface Claim {
  readonly accessKeyId: string;
  readonly signature: string;
  readonly region: string | undefined;
  sign(secretAccessKey: string, policy: string): string;
}

function claimOfVersion2(fields: FormFields): Claim {
  return {
    accessKeyId: required(fields, "awsaccesskeyid", "AWSAccessKeyId"),
    signature: required(fields, "signature", "Signature"),
    region: undefined,
    sign: (secret, policy) => createHmac("sha1", secret).update(policy).digest("base64"),
  };
}

function claimOfVersion4(fields: FormFields): Claim {
  const algorithm = required(fields, "x-amz-algorithm", "X-Amz-Algorithm");
  if (algorithm !== ALGORITHM) throw invalidField("X-Amz-Algorithm", algorithm);
  const given = required(fields, "x-amz-credential", "X-Amz-Credential");
  const split = splitCredential(given);
  if (split === undefined || split.terminator !== "aws4_request") {
    throw invalidField("X-Amz-Credential", given);
  }
  const { scope } = split;
  const date = required(fields, "x-amz-date", "X-Amz-Date");
  if (parseTimestamp(date) === undefined || !date.startsWith(scope.date)) {
    throw invalidField("X-Amz-Date", date);
  }
  if (scope.service !== "s3") throw invalidField("X-Amz-Credential", given);
  return {
    accessKeyId: scope.accessKeyId,
    signature: required(fields, "x-amz-signature", "X-Amz-Signature"),
    region: scope.region,
    sign: (secret, policy) => deriveSigningKey(secret, scope).sign(policy),
  };
}

function required(fields: FormFields, name: string, told: string): string {
  const value = fields.get(name);
  if (value !== undefined) return value;
  throw missingField(told);
}

function missingField(name: string): PostError {
  return new PostError(
    "InvalidArgument",
    400,
    `Bucket POST must contain a field named '${name}'.  If it is specified, please check the ` +
      "order of the fields.",
  );
}

/** Characters of the client's text that an error repeats. */
const TOLD_CHARACTERS = 128;

function invalidField(name: string, value: string): PostError {
  const told = value.slice(0, TOLD_CHARACTERS);
  return new PostError("InvalidArgument", 400, `The field ${name} is not valid: ${told}`);
}
