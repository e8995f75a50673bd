import { hash } from "node:crypto";
import { AuthError } from "./auth-error.ts";
import type { SigningStyle } from "./canonical-uri.ts";

/** What the signature says of the body, before it is known to be right. */
export interface DeclaredPayload {
  /** Last line of the canonical request. */
  readonly text: string;
  readonly kind: "checked" | "unsigned" | "sha256" | "signedChunks" | "unsignedChunks";
  readonly trailer: boolean;
}

export const EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const emptyDeclared: DeclaredPayload = { text: EMPTY_SHA256, kind: "sha256", trailer: false };
const hexHash = /^[0-9a-fA-F]{64}$/;

const s3Forms: ReadonlyMap<string, DeclaredPayload> = new Map(
  (
    [
      { text: "UNSIGNED-PAYLOAD", kind: "unsigned", trailer: false },
      { text: "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", kind: "signedChunks", trailer: false },
      { text: "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", kind: "signedChunks", trailer: true },
      { text: "STREAMING-UNSIGNED-PAYLOAD-TRAILER", kind: "unsignedChunks", trailer: true },
    ] satisfies DeclaredPayload[]
  ).map((form) => [form.text, form]),
);

/**
 * Reads x-amz-content-sha256 and checks the body against it when there is one already.
 * @throws FIRN_AUTH_PAYLOAD_UNDECLARED, FIRN_AUTH_PAYLOAD_UNREADABLE, FIRN_AUTH_PAYLOAD_MISMATCH,
 * FIRN_AUTH_UNSUPPORTED for chunks signed with SigV4A.
 */
export function readDeclaredPayload(
  declared: string | undefined,
  style: SigningStyle,
  body: Uint8Array | undefined,
): DeclaredPayload {
  if (declared === undefined) return undeclared(style, body);
  if (declared === EMPTY_SHA256 && body === undefined) return emptyDeclared;
  if (declared.length !== 64 || !hexHash.test(declared)) {
    const form = s3Forms.get(declared);
    if (form !== undefined && (style === "s3" || form.kind === "unsigned")) return form;
    if (declared.startsWith("STREAMING-AWS4-ECDSA-") && style === "s3") {
      throw new AuthError("FIRN_AUTH_UNSUPPORTED", "signed with AWS4-ECDSA-P256-SHA256");
    }
    throw new AuthError("FIRN_AUTH_PAYLOAD_UNREADABLE", "x-amz-content-sha256 is no known form", {
      argument: "x-amz-content-sha256",
      given: declared,
    });
  }
  if (body === undefined) return { text: declared, kind: "sha256", trailer: false };
  requireHash(declared, hash("sha256", body));
  return { text: declared, kind: "checked", trailer: false };
}

function undeclared(style: SigningStyle, body: Uint8Array | undefined): DeclaredPayload {
  if (style === "s3") {
    throw new AuthError("FIRN_AUTH_PAYLOAD_UNDECLARED", "no x-amz-content-sha256");
  }
  const text = body === undefined || body.length === 0 ? EMPTY_SHA256 : hash("sha256", body);
  return { text, kind: "checked", trailer: false };
}

/** @throws FIRN_AUTH_PAYLOAD_MISMATCH unless both hex hashes are the same. */
export function requireHash(declared: string, computed: string): void {
  if (declared === computed || declared.toLowerCase() === computed) return;
  throw new AuthError("FIRN_AUTH_PAYLOAD_MISMATCH", "the body has another hash than was signed", {
    declared,
    computed,
  });
}
