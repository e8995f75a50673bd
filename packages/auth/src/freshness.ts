import { AuthError } from "./auth-error.ts";
import { CLOCK_SKEW_MS_MAX } from "./constants.ts";
import { accessKeyIdOf } from "./presented-signature.ts";
import type { PresentedSignature } from "./presented-signature.ts";
import type { SigningCredential } from "./request.ts";
import { sameSecret } from "./signing-key.ts";
import { formatTimestamp, isoSeconds } from "./timestamp.ts";

const skewMinutes = CLOCK_SKEW_MS_MAX / 60_000;

/**
 * Header signatures are good for 15 minutes around their time, presigned ones from 15 minutes
 * before it until they expire.
 * @throws FIRN_AUTH_CLOCK_SKEWED, FIRN_AUTH_PRESIGN_EXPIRED, FIRN_AUTH_PRESIGN_NOT_YET.
 */
export function requireCurrent(presented: PresentedSignature, nowMs: number): void {
  const { signedAtMs, expiresSeconds } = presented;
  const early = signedAtMs - nowMs > CLOCK_SKEW_MS_MAX;
  if (expiresSeconds === undefined) {
    if (!early && nowMs - signedAtMs <= CLOCK_SKEW_MS_MAX) return;
    throw new AuthError("FIRN_AUTH_CLOCK_SKEWED", "signed more than 15 minutes off", {
      timestamp: presented.timestamp,
      serverTime: isoSeconds(nowMs),
      skewMsMax: CLOCK_SKEW_MS_MAX,
      skew: early ? notYetText(presented, nowMs) : expiredText(presented, nowMs),
    });
  }
  const endMs = signedAtMs + expiresSeconds * 1000;
  if (!early && nowMs < endMs) return;
  const code = early ? "FIRN_AUTH_PRESIGN_NOT_YET" : "FIRN_AUTH_PRESIGN_EXPIRED";
  throw new AuthError(code, `the URL is ${early ? "from the future" : "expired"}`, {
    expiresSeconds,
    expiresTime: isoSeconds(endMs),
    serverTime: isoSeconds(nowMs),
    skew: early
      ? notYetText(presented, nowMs)
      : `Signature expired: ${formatTimestamp(endMs)} is now earlier than ${formatTimestamp(nowMs)}`,
  });
}

function expiredText({ timestamp }: PresentedSignature, nowMs: number): string {
  const from = formatTimestamp(nowMs - CLOCK_SKEW_MS_MAX);
  const now = formatTimestamp(nowMs);
  return `Signature expired: ${timestamp} is now earlier than ${from} (${now} - ${skewMinutes} min.)`;
}

function notYetText({ timestamp }: PresentedSignature, nowMs: number): string {
  const until = formatTimestamp(nowMs + CLOCK_SKEW_MS_MAX);
  const now = formatTimestamp(nowMs);
  return `Signature not yet current: ${timestamp} is still later than ${until} (${now} + ${skewMinutes} min.)`;
}

/**
 * Temporary credentials come with their token, lasting ones without any.
 * @throws FIRN_AUTH_TOKEN_INVALID, FIRN_AUTH_TOKEN_EXPIRED.
 */
export function requireToken(
  presented: PresentedSignature,
  credential: SigningCredential,
  nowMs: number,
): void {
  const { token } = presented;
  if (token === undefined && credential.sessionToken === undefined) return;
  requireSessionToken({ token, accessKeyId: accessKeyIdOf(presented) }, credential, nowMs);
}

/** A session token, if any, and the key that it came with. */
export interface GivenToken {
  readonly token: string | undefined;
  readonly accessKeyId: string;
}

/** As `requireToken`, whatever the form of the signature. */
export function requireSessionToken(
  { token: given, accessKeyId }: GivenToken,
  credential: SigningCredential,
  nowMs: number,
): void {
  const { sessionToken, expiresAtMs } = credential;
  if (given === undefined && sessionToken === undefined) return;
  if (given === undefined) {
    // A temporary key is none of the lasting ones: services do not know it without its token.
    throw new AuthError("FIRN_AUTH_KEY_UNKNOWN", "temporary credentials without their token", {
      accessKeyId,
    });
  }
  if (sessionToken === undefined || !sameSecret(given, sessionToken)) {
    throw new AuthError("FIRN_AUTH_TOKEN_INVALID", "not the token of these credentials");
  }
  if (expiresAtMs !== undefined && nowMs >= expiresAtMs) {
    throw new AuthError("FIRN_AUTH_TOKEN_EXPIRED", "these credentials have expired", {
      expiresTime: isoSeconds(expiresAtMs),
    });
  }
}
