import { AuthError } from "./auth-error.ts";
import type { AuthErrorDetail } from "./auth-error.ts";
import type { SigningStyle } from "./canonical-uri.ts";
import { splitTarget } from "./canonical-uri.ts";
import { ALGORITHM, AUTHORIZATION_LENGTH_MAX, PRESIGN_SECONDS_MAX } from "./constants.ts";
import type { PresentedSignature } from "./presented-signature.ts";
import type { SignedRequest } from "./request.ts";
import { parseTimestamp } from "./timestamp.ts";
import { decoded } from "./uri-encoding.ts";

/** The X-Amz- and SigV2 parameters of a query, decoded, the first of each; undefined if none. */
export function queryParameters(url: string): ReadonlyMap<string, string> | undefined {
  if (!url.includes("X-Amz-") && !url.includes("AWSAccessKeyId=")) return undefined;
  const found = new Map<string, string>();
  for (const part of splitTarget(url).query.split("&")) {
    if (!part.startsWith("X-Amz-") && !part.startsWith("AWSAccessKeyId")) continue;
    const equals = part.indexOf("=");
    const name = equals < 0 ? part : part.slice(0, equals);
    if (!found.has(name)) found.set(name, equals < 0 ? "" : decoded(part.slice(equals + 1)));
  }
  return found;
}

const required = [
  "X-Amz-Algorithm",
  "X-Amz-Credential",
  "X-Amz-Signature",
  "X-Amz-SignedHeaders",
  "X-Amz-Date",
] as const;

/**
 * Reads the signature of a presigned request.
 * @throws FIRN_AUTH_MISSING, FIRN_AUTH_UNSUPPORTED, FIRN_AUTH_QUERY_INCOMPLETE,
 * FIRN_AUTH_QUERY_MALFORMED.
 */
export function presignedSignature(
  request: SignedRequest,
  parameters: ReadonlyMap<string, string> | undefined,
  style: SigningStyle,
): PresentedSignature {
  if (parameters === undefined || !isPresigned(parameters, style)) {
    if (parameters?.has("AWSAccessKeyId") === true) {
      throw new AuthError("FIRN_AUTH_UNSUPPORTED", "signed with Signature Version 2");
    }
    throw new AuthError("FIRN_AUTH_MISSING", "the request is not signed");
  }
  const lacking: string[] = required.filter((name) => (parameters.get(name) ?? "") === "");
  if (style === "s3" && !parameters.has("X-Amz-Expires")) lacking.push("X-Amz-Expires");
  if (lacking.length > 0) {
    throw new AuthError("FIRN_AUTH_QUERY_INCOMPLETE", "a parameter is missing", {
      problem: "parametersMissing",
      missing: lacking
        .map((name) => `AWS query-string parameters must include '${name}'.`)
        .join(" "),
    });
  }
  const value = (name: (typeof required)[number]): string => parameters.get(name) as string;
  if (value("X-Amz-Algorithm") !== ALGORITHM) {
    throw malformed({ problem: "algorithm", given: value("X-Amz-Algorithm") });
  }
  if (value("X-Amz-Credential").length > AUTHORIZATION_LENGTH_MAX) {
    throw malformed({ problem: "credentialMalformed", given: "" });
  }
  const timestamp = value("X-Amz-Date");
  const signedAtMs = parseTimestamp(timestamp);
  if (signedAtMs === undefined) throw malformed({ problem: "dateFormat", given: timestamp });
  return {
    form: "presigned",
    signer: undefined,
    credential: value("X-Amz-Credential"),
    signedHeaders: value("X-Amz-SignedHeaders"),
    signature: value("X-Amz-Signature"),
    timestamp,
    signedAtMs,
    token: parameters.get("X-Amz-Security-Token"),
    declaredPayload: declaredPayload(request, parameters, style),
    expiresSeconds: expiresSeconds(parameters.get("X-Amz-Expires")),
  };
}

/** S3 takes any of three parameters for the sign of a presigned URL, other services one. */
function isPresigned(parameters: ReadonlyMap<string, string>, style: SigningStyle): boolean {
  if (parameters.has("X-Amz-Algorithm")) return true;
  return (
    style === "s3" && (parameters.has("X-Amz-Signature") || parameters.has("X-Amz-Credential"))
  );
}

function expiresSeconds(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^-?\d+$/.test(text)) throw malformed({ problem: "expiresNumber" });
  const seconds = Number(text);
  if (seconds < 0) throw malformed({ problem: "expiresNegative" });
  if (seconds > PRESIGN_SECONDS_MAX) throw malformed({ problem: "expiresTooLarge" });
  return seconds;
}

/** S3 does not ask whoever uses the URL for a hash, unless the signer has fixed one. */
function declaredPayload(
  request: SignedRequest,
  parameters: ReadonlyMap<string, string>,
  style: SigningStyle,
): string | undefined {
  const inQuery = parameters.get("X-Amz-Content-Sha256");
  if (inQuery !== undefined) return inQuery;
  const header = request.headers["x-amz-content-sha256"];
  const signed = `;${parameters.get("X-Amz-SignedHeaders")};`.includes(";x-amz-content-sha256;");
  if (typeof header === "string" && signed) return header;
  return style === "s3" ? "UNSIGNED-PAYLOAD" : undefined;
}

function malformed(detail: AuthErrorDetail): AuthError {
  return new AuthError("FIRN_AUTH_QUERY_MALFORMED", "a parameter cannot be read", detail);
}
