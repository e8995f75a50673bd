import { AuthError } from "./auth-error.ts";
import type { AuthErrorDetail } from "./auth-error.ts";
import type { SigningStyle } from "./canonical-uri.ts";
import { ALGORITHM, AUTHORIZATION_LENGTH_MAX } from "./constants.ts";
import { presignedSignature, queryParameters } from "./presigned-query.ts";
import type { CredentialScope, SignatureForm, SignedRequest } from "./request.ts";
import { formatTimestamp, parseTimestamp } from "./timestamp.ts";

/** A signature as the request presents it: read, not verified. */
export interface PresentedSignature {
  readonly form: SignatureForm;
  /** accessKeyId/date/region/service/aws4_request. */
  readonly credential: string;
  readonly signedHeaders: string;
  readonly signature: string;
  /** YYYYMMDDTHHMMSSZ. */
  readonly timestamp: string;
  readonly signedAtMs: number;
  readonly token: string | undefined;
  /** What the request declares as its payload's hash, if it does. */
  readonly declaredPayload: string | undefined;
  /** Presigned with X-Amz-Expires only. */
  readonly expiresSeconds: number | undefined;
}

/**
 * Finds and reads the signature.
 * @throws FIRN_AUTH_MISSING, FIRN_AUTH_UNSUPPORTED, FIRN_AUTH_AMBIGUOUS, FIRN_AUTH_HEADER_INCOMPLETE,
 * FIRN_AUTH_HEADER_MALFORMED, FIRN_AUTH_DATE_MISSING, FIRN_AUTH_QUERY_INCOMPLETE,
 * FIRN_AUTH_QUERY_MALFORMED.
 */
export function presentedSignature(
  request: SignedRequest,
  style: SigningStyle,
): PresentedSignature {
  const authorization = single(request, "authorization");
  const parameters = queryParameters(request.url);
  if (authorization === undefined) return presignedSignature(request, parameters, style);
  if (parameters?.has("X-Amz-Algorithm") === true) {
    throw new AuthError("FIRN_AUTH_AMBIGUOUS", "signed in the header and in the query");
  }
  return headerSignature(request, authorization);
}

/**
 * Who signed the request, by its own account, and for which service: for routing, before anything
 * is verified. Undefined when it is not signed or cannot be read.
 */
export function credentialScope(request: SignedRequest): CredentialScope | undefined {
  const authorization = single(request, "authorization");
  const credential =
    authorization === undefined
      ? queryParameters(request.url)?.get("X-Amz-Credential")
      : /[ ,]Credential=([^, ]+)/.exec(authorization.slice(0, AUTHORIZATION_LENGTH_MAX))?.[1];
  return credential === undefined ? undefined : splitCredential(credential)?.scope;
}

/** Access keys may hold slashes, so the scope is counted from the end. */
export function splitCredential(
  credential: string,
): { readonly scope: CredentialScope; readonly terminator: string } | undefined {
  const parts = credential.split("/");
  if (parts.length < 5) return undefined;
  const [date, region, service, terminator] = parts.splice(-4) as [string, string, string, string];
  const accessKeyId = parts.join("/");
  if (accessKeyId === "") return undefined;
  return { scope: { accessKeyId, date, region, service }, terminator };
}

function headerSignature(request: SignedRequest, authorization: string): PresentedSignature {
  if (!authorization.startsWith("AWS4-")) throw unsupported();
  if (authorization.length > AUTHORIZATION_LENGTH_MAX) throw malformed({ given: "Authorization" });
  const blank = authorization.indexOf(" ");
  const algorithm = blank < 0 ? authorization : authorization.slice(0, blank);
  const found = components(blank < 0 ? "" : authorization.slice(blank + 1));
  const { Credential: credential, SignedHeaders: signedHeaders, Signature: signature } = found;
  if (credential === undefined || signedHeaders === undefined || signature === undefined) {
    throw incomplete(request, authorization, found);
  }
  if (algorithm !== ALGORITHM) throw unsupported();
  const timestamp = requestTimestamp(request);
  const signedAtMs = timestamp === undefined ? undefined : parseTimestamp(timestamp);
  if (timestamp === undefined || signedAtMs === undefined) {
    throw new AuthError("FIRN_AUTH_DATE_MISSING", "no readable X-Amz-Date or Date", {
      missing: missingDate,
      authorization,
    });
  }
  return {
    form: "header",
    credential,
    signedHeaders,
    signature,
    timestamp,
    signedAtMs,
    token: single(request, "x-amz-security-token"),
    declaredPayload: single(request, "x-amz-content-sha256"),
    expiresSeconds: undefined,
  };
}

type Components = Partial<Record<"Credential" | "SignedHeaders" | "Signature", string>>;

/** Commas, blanks or both stand between them, in any order. */
function components(text: string): Components {
  const found: Record<string, string> = {};
  let at = 0;
  while (at < text.length) {
    let end = at;
    while (end < text.length && text[end] !== "," && text[end] !== " ") end++;
    if (end > at) {
      const equals = text.indexOf("=", at);
      if (equals < 0 || equals >= end) throw malformed({ given: text.slice(at, end) });
      found[text.slice(at, equals)] = text.slice(equals + 1, end);
    }
    at = end + 1;
  }
  return found;
}

const missingDate =
  "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ";

function incomplete(request: SignedRequest, authorization: string, found: Components): AuthError {
  const names = ["Credential", "Signature", "SignedHeaders"] as const;
  const lacking = names.filter((name) => found[name] === undefined);
  const problems = {
    Credential: "credentialMissing",
    Signature: "signatureMissing",
    SignedHeaders: "signedHeadersMissing",
  } as const;
  const texts = lacking.map((name) => `Authorization header requires '${name}' parameter. `);
  const dated = single(request, "x-amz-date") ?? single(request, "date");
  if (dated === undefined) texts.push(missingDate);
  const first = lacking[0];
  return new AuthError("FIRN_AUTH_HEADER_INCOMPLETE", "Authorization lacks a component", {
    problem: lacking.length === 3 || first === undefined ? "components" : problems[first],
    missing: texts.join(""),
    authorization,
  });
}

/** X-Amz-Date, or Date in either of the formats that signers have used. */
function requestTimestamp(request: SignedRequest): string | undefined {
  const amzDate = single(request, "x-amz-date");
  if (amzDate !== undefined) return amzDate;
  const date = single(request, "date");
  if (date === undefined || parseTimestamp(date) !== undefined) return date;
  const ms = Date.parse(date);
  return Number.isNaN(ms) ? undefined : formatTimestamp(ms);
}

function single(request: SignedRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === "string" ? value : value?.[0];
}

function unsupported(): AuthError {
  return new AuthError("FIRN_AUTH_UNSUPPORTED", `signed with something else than ${ALGORITHM}`);
}

function malformed(detail: AuthErrorDetail): AuthError {
  return new AuthError("FIRN_AUTH_HEADER_MALFORMED", "Authorization cannot be read", {
    problem: "componentMalformed",
    ...detail,
  });
}
