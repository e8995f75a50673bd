import { createHmac } from "node:crypto";
import { AuthError } from "./auth-error.ts";
import { splitTarget } from "./canonical-uri.ts";
import { AUTHORIZATION_LENGTH_MAX, CLOCK_SKEW_MS_MAX } from "./constants.ts";
import { requireSessionToken } from "./freshness.ts";
import { readDeclaredPayload } from "./payload-binding.ts";
import type {
  Authenticated,
  PayloadBinding,
  SignatureForm,
  SignedRequest,
  SigningCredential,
  VerifyOptions,
} from "./request.ts";
import { sigV2StringsToSign } from "./sigv2-request.ts";
import { sameSecret } from "./signing-key.ts";
import { formatTimestamp, isoSeconds, parseTimestamp } from "./timestamp.ts";
import { decoded } from "./uri-encoding.ts";

/**
 * Signature Version 2 for S3: an HMAC with SHA-1 under the secret itself. Old clients use it, and
 * the presigned URLs that boto3 and version 1 of the AWS command line make unless told otherwise.
 */

/** A Version 2 signature as the request presents it: read, not verified. */
interface SigV2Signature {
  readonly form: SignatureForm;
  readonly accessKeyId: string;
  /** Base64 of 20 bytes. */
  readonly signature: string;
  /** What is signed in the place of the date. */
  readonly date: string;
  readonly token: string | undefined;
  readonly queryHeaders: Readonly<Record<string, string>>;
  /** Milliseconds since 1970 UTC: when it was signed, or when it ends to be good. */
  readonly timeMs: number;
}

/** Whether the request shows a signature of Version 2, right or not. */
export function isSigV2(request: SignedRequest): boolean {
  const { authorization } = request.headers;
  if (typeof authorization === "string") return authorization.startsWith(SCHEME);
  return request.url.includes("AWSAccessKeyId=") && !request.url.includes("X-Amz-Algorithm=");
}

/**
 * Who signed the request. The body is vouched for only as `payload` says: Version 2 itself signs
 * no more of it than Content-MD5.
 *
 * @throws FIRN_AUTH_V2_HEADER_MALFORMED, FIRN_AUTH_V2_QUERY_MALFORMED, FIRN_AUTH_AMBIGUOUS,
 * FIRN_AUTH_DATE_MISSING, FIRN_AUTH_KEY_UNKNOWN, FIRN_AUTH_CLOCK_SKEWED,
 * FIRN_AUTH_PRESIGN_EXPIRED, FIRN_AUTH_TOKEN_INVALID, FIRN_AUTH_SIGNATURE_MISMATCH.
 */
export function verifySigV2<C extends SigningCredential>(
  request: SignedRequest,
  credentials: (accessKeyId: string) => C | undefined,
  options: VerifyOptions,
): Authenticated<C> {
  const presented = presentedBy(request);
  const { accessKeyId, form, timeMs } = presented;
  const credential = credentials(accessKeyId);
  if (credential === undefined) {
    throw new AuthError("FIRN_AUTH_KEY_UNKNOWN", "no such access key", { accessKeyId });
  }
  requireCurrent(presented, options.nowMs);
  requireSessionToken({ token: presented.token, accessKeyId }, credential, options.nowMs);
  requireSignature(request, presented, {
    credential,
    hostBucket: options.hostBucket?.(one(request, "host") ?? ""),
  });
  const signedAtMs = form === "header" ? timeMs : options.nowMs;
  return {
    accessKeyId,
    date: formatTimestamp(signedAtMs).slice(0, 8),
    // Version 2 knows of no regions: S3's own default.
    region: options.region ?? "us-east-1",
    service: options.service,
    credential,
    form,
    payload: payloadOf(request, options.body),
    signedAtMs,
  };
}

const SCHEME = "AWS ";
const TOKEN_PARAMETER = "x-amz-security-token";

function presentedBy(request: SignedRequest): SigV2Signature {
  const { authorization } = request.headers;
  const inQuery = queryParameters(request.url);
  if (typeof authorization !== "string") return queryParts(request, inQuery);
  if (inQuery.has("AWSAccessKeyId") || inQuery.has("X-Amz-Algorithm")) {
    throw new AuthError("FIRN_AUTH_AMBIGUOUS", "signed in the header and in the query");
  }
  return headerParts(request, authorization);
}

function headerParts(request: SignedRequest, authorization: string): SigV2Signature {
  const text = authorization.slice(SCHEME.length, AUTHORIZATION_LENGTH_MAX).trim();
  const colon = text.lastIndexOf(":");
  if (colon <= 0 || colon === text.length - 1) {
    throw new AuthError("FIRN_AUTH_V2_HEADER_MALFORMED", "no key and signature", {
      argument: "Authorization",
      given: authorization.slice(0, AUTHORIZATION_LENGTH_MAX),
    });
  }
  const amzDate = one(request, "x-amz-date");
  const date = one(request, "date") ?? "";
  const timeMs = timeOf(amzDate ?? date);
  if (timeMs === undefined) {
    throw new AuthError("FIRN_AUTH_DATE_MISSING", "no readable X-Amz-Date or Date");
  }
  return {
    form: "header",
    accessKeyId: text.slice(0, colon),
    signature: text.slice(colon + 1),
    date: amzDate === undefined ? date : "",
    token: one(request, TOKEN_PARAMETER),
    queryHeaders: {},
    timeMs,
  };
}

function queryParts(
  request: SignedRequest,
  parameters: ReadonlyMap<string, string>,
): SigV2Signature {
  const accessKeyId = parameters.get("AWSAccessKeyId") ?? "";
  const signature = parameters.get("Signature") ?? "";
  const expires = parameters.get("Expires") ?? "";
  if (accessKeyId === "" || signature === "" || expires === "") {
    throw new AuthError("FIRN_AUTH_V2_QUERY_MALFORMED", "a parameter is missing", {
      reason:
        "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters",
    });
  }
  if (!/^\d{1,12}$/.test(expires)) {
    throw new AuthError("FIRN_AUTH_V2_QUERY_MALFORMED", "Expires is no time", {
      reason: `Invalid date (should be seconds since epoch): ${expires.slice(0, 64)}`,
    });
  }
  const inQuery = parameters.get(TOKEN_PARAMETER);
  return {
    form: "presigned",
    accessKeyId,
    signature,
    date: expires,
    token: inQuery ?? one(request, TOKEN_PARAMETER),
    queryHeaders: inQuery === undefined ? {} : { [TOKEN_PARAMETER]: inQuery },
    timeMs: Number(expires) * 1000,
  };
}

/** RFC 822 as HTTP writes it, or the basic format of Version 4; never before 1970. */
function timeOf(text: string): number | undefined {
  const ms = parseTimestamp(text) ?? Date.parse(text);
  return Number.isNaN(ms) || ms < 0 ? undefined : ms;
}

function requireCurrent({ form, timeMs }: SigV2Signature, nowMs: number): void {
  const serverTime = isoSeconds(nowMs);
  if (form === "presigned") {
    if (nowMs < timeMs) return;
    const expiresTime = isoSeconds(timeMs);
    throw new AuthError("FIRN_AUTH_PRESIGN_EXPIRED", "the URL is expired", {
      expiresTime,
      serverTime,
    });
  }
  if (Math.abs(nowMs - timeMs) <= CLOCK_SKEW_MS_MAX) return;
  throw new AuthError("FIRN_AUTH_CLOCK_SKEWED", "signed more than 15 minutes off", {
    timestamp: formatTimestamp(timeMs),
    serverTime,
    skewMsMax: CLOCK_SKEW_MS_MAX,
  });
}

interface Signer {
  readonly credential: SigningCredential;
  readonly hostBucket: string | undefined;
}

function requireSignature(
  request: SignedRequest,
  { date, queryHeaders, signature, accessKeyId }: SigV2Signature,
  { credential, hostBucket }: Signer,
): void {
  const readings = sigV2StringsToSign({ request, date, queryHeaders, hostBucket });
  for (const reading of readings) {
    // Headers are bytes as Latin-1, the rest is ASCII: what the client has signed as UTF-8.
    const hmac = createHmac("sha1", credential.secretAccessKey).update(reading, "latin1");
    if (sameSecret(signature, hmac.digest("base64"))) return;
  }
  const [stringToSign] = readings;
  throw new AuthError("FIRN_AUTH_SIGNATURE_MISMATCH", "the signature does not fit the request", {
    accessKeyId,
    signature,
    stringToSign,
    stringToSignBytes: Buffer.from(stringToSign, "latin1")
      .toString("hex")
      .replaceAll(/..(?=.)/g, "$& "),
  });
}

function payloadOf(request: SignedRequest, body: Uint8Array | undefined): PayloadBinding {
  const header = one(request, "x-amz-content-sha256");
  if (header === undefined) return { kind: "unsigned" };
  const declared = readDeclaredPayload(header, "s3", body);
  switch (declared.kind) {
    case "checked":
    case "unsigned":
      return { kind: declared.kind };
    case "sha256":
      return { kind: "sha256", sha256: declared.text.toLowerCase() };
    case "unsignedChunks":
      return { kind: "chunked", trailer: true };
    case "signedChunks":
      throw new AuthError("FIRN_AUTH_UNSUPPORTED", "chunks are signed by Version 4 only");
  }
}

function queryParameters(url: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const part of splitTarget(url).query.split("&")) {
    const equals = part.indexOf("=");
    const name = equals < 0 ? part : part.slice(0, equals);
    if (!found.has(name)) found.set(name, equals < 0 ? "" : decoded(part.slice(equals + 1)));
  }
  return found;
}

function one(request: SignedRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === "string" ? value : value?.[0];
}
