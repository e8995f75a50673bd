import { AuthError } from "./auth-error.ts";
import type { AuthErrorDetail } from "./auth-error.ts";
import type { SigningStyle } from "./canonical-uri.ts";
import { ALGORITHM, AUTHORIZATION_LENGTH_MAX } from "./constants.ts";
import { presignedSignature, queryParameters } from "./presigned-query.ts";
import type { KnownSigner, KnownSigners } from "./known-signers.ts";
import type { CredentialScope, SignatureForm, SignedRequest } from "./request.ts";
import { formatTimestamp, parseTimestamp } from "./timestamp.ts";

/** A signature as the request presents it: read, not verified. */
export interface PresentedSignature {
  readonly form: SignatureForm;
  /** Who it is when an earlier request has shown it: then the next two are not read again. */
  readonly signer: KnownSigner | undefined;
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
 * @throws FIRN_AUTH_MISSING, FIRN_AUTH_UNSUPPORTED, FIRN_AUTH_AMBIGUOUS, FIRN_AUTH_DATE_MISSING,
 * FIRN_AUTH_HEADER_INCOMPLETE, FIRN_AUTH_HEADER_MALFORMED, FIRN_AUTH_QUERY_INCOMPLETE,
 * FIRN_AUTH_QUERY_MALFORMED.
 */
export function presentedSignature(
  request: SignedRequest,
  style: SigningStyle,
  signers: KnownSigners,
): PresentedSignature {
  const authorization = single(request, "authorization");
  const parameters = queryParameters(request.url);
  if (authorization === undefined) return presignedSignature(request, parameters, style);
  if (parameters?.has("X-Amz-Algorithm") === true) {
    throw new AuthError("FIRN_AUTH_AMBIGUOUS", "signed in the header and in the query");
  }
  return headerSignature(request, authorization, signers);
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

/** For errors: the access key as given. */
export function accessKeyIdOf(presented: PresentedSignature): string {
  return splitCredential(presented.credential)?.scope.accessKeyId ?? "";
}

function headerSignature(
  request: SignedRequest,
  authorization: string,
  signers: KnownSigners,
): PresentedSignature {
  if (authorization.length > AUTHORIZATION_LENGTH_MAX) throw malformed({ given: "Authorization" });
  const signer = signers.find(authorization);
  const read = signer === undefined ? readAuthorization(request, authorization) : undefined;
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
    signer,
    credential: read?.credential ?? (signer as KnownSigner).credential,
    signedHeaders: read?.signedHeaders ?? (signer as KnownSigner).signedHeaders,
    signature: read?.signature ?? authorization.slice(-64),
    timestamp,
    signedAtMs,
    token: single(request, "x-amz-security-token"),
    declaredPayload: single(request, "x-amz-content-sha256"),
    expiresSeconds: undefined,
  };
}

function readAuthorization(
  request: SignedRequest,
  authorization: string,
): Pick<PresentedSignature, "credential" | "signedHeaders" | "signature"> {
  if (!authorization.startsWith("AWS4-")) throw unsupported();
  const blank = authorization.indexOf(" ");
  const found = components(blank < 0 ? "" : authorization.slice(blank + 1));
  const { Credential: credential, SignedHeaders: signedHeaders, Signature: signature } = found;
  if (credential === undefined || signedHeaders === undefined || signature === undefined) {
    throw incomplete(request, authorization, found);
  }
  if (authorization.slice(0, blank) !== ALGORITHM) throw unsupported();
  return { credential, signedHeaders, signature };
}

type Components = Partial<Record<"Credential" | "SignedHeaders" | "Signature", string>>;

/** Commas, blanks or both stand between them, in any order. */
function components(text: string): Components {
  const found: Record<string, string> = {};
  for (const part of text.split(/[, ]+/)) {
    if (part === "") continue;
    const equals = part.indexOf("=");
    if (equals < 0) throw malformed({ given: part });
    found[part.slice(0, equals)] = part.slice(equals + 1);
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
