import { isUtf8 } from "node:buffer";
import { PolicyError, compileGlob, globMatches, parsePolicy } from "@firn/auth";
import type { Policy } from "@firn/auth";
import { ServiceError } from "@firn/wire";

/** S3's limit, in bytes. */
const POLICY_BYTES_MAX: number = 20 * 1024;
const BUCKET_ARN = "arn:aws:s3:::";

/**
 * A bucket's policy, checked as S3 checks it: it must be one of a bucket, speak of S3 alone and of
 * this bucket alone.
 *
 * @throws ServiceError MalformedPolicy.
 */
export function readBucketPolicy(body: Uint8Array, bucket: string): Policy {
  if (!isUtf8(body)) throw malformed("This policy contains invalid Json");
  const text = Buffer.from(body.buffer, body.byteOffset, body.length).toString();
  const policy = parsed(text);
  for (const { actions, resources } of policy.statements) {
    if (!actions.texts.every((action) => /^(s3:|\*$)/i.test(action))) {
      throw malformed("Policy has invalid action");
    }
    if (!resources.texts.every((resource) => namesBucket(resource, bucket))) {
      throw malformed("Policy has invalid resource");
    }
  }
  return policy;
}

function parsed(text: string): Policy {
  try {
    return parsePolicy(text, { kind: "resource", bytesMax: POLICY_BYTES_MAX });
  } catch (error) {
    if (error instanceof PolicyError) throw malformed(error.message);
    throw error;
  }
}

const NO_FACTS: ReadonlyMap<string, readonly string[]> = new Map();

/** Whether the pattern can mean this bucket or keys of it. */
function namesBucket(pattern: string, bucket: string): boolean {
  if (pattern === "*") return true;
  if (!pattern.startsWith(BUCKET_ARN)) return false;
  const [named = ""] = pattern.slice(BUCKET_ARN.length).split("/");
  return globMatches(compileGlob(named, { variables: false }), bucket, NO_FACTS);
}

function malformed(text: string): ServiceError {
  return new ServiceError("MalformedPolicy", 400, text);
}
