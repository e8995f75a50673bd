import { hash } from "node:crypto";
import { AuthError } from "./auth-error.ts";
import { canonicalRequest, otherReadings } from "./canonical-request.ts";
import type { SigningStyle } from "./canonical-uri.ts";
import { ALGORITHM } from "./constants.ts";
import { requireCurrent, requireToken } from "./freshness.ts";
import { KnownSigners } from "./known-signers.ts";
import type { KnownKey, KnownSigner } from "./known-signers.ts";
import { readDeclaredPayload } from "./payload-binding.ts";
import type { DeclaredPayload } from "./payload-binding.ts";
import { accessKeyIdOf, presentedSignature } from "./presented-signature.ts";
import type { PresentedSignature } from "./presented-signature.ts";
import type {
  Authenticated,
  PayloadBinding,
  SignedRequest,
  SigningCredential,
  VerifyOptions,
} from "./request.ts";
import { readScope, requireScope } from "./scope.ts";
import { parseSignedHeaders, requireSigned } from "./signed-headers.ts";
import type { SignedHeaderList } from "./signed-headers.ts";
import { isSigV2, verifySigV2 } from "./sigv2-verifier.ts";

export interface SigV4VerifierOptions<C extends SigningCredential> {
  /** The credential of an access key; undefined when there is none, or when it is disabled. */
  readonly credentials: (accessKeyId: string) => C | undefined;
}

/**
 * Verifies AWS Signature Version 4: Authorization header and presigned query, and says how the body
 * is bound to it; for S3, Version 2 too. A client that is known costs a hash and an HMAC per
 * request, and one hash more where the body is at hand.
 */
export class SigV4Verifier<C extends SigningCredential> {
  readonly #credentials: (accessKeyId: string) => C | undefined;
  readonly #signers = new KnownSigners();

  constructor(options: SigV4VerifierOptions<C>) {
    this.#credentials = options.credentials;
  }

  /**
   * Returns who signed the request. Nothing of it is trusted before this returns; the body is
   * vouched for only as `payload` says.
   * @throws AuthError, its code says why; `serviceError` words it for the client.
   */
  verify(request: SignedRequest, options: VerifyOptions): Authenticated<C> {
    const style = options.style ?? (options.service === "s3" ? "s3" : "standard");
    if (style === "s3" && isSigV2(request)) {
      return verifySigV2(request, this.#credentials, options);
    }
    const presented = presentedSignature(request, style, this.#signers);
    const scope = presented.signer?.scope ?? readScope(presented);
    requireScope(scope, presented, options);
    const credential = this.#credentials(scope.accessKeyId);
    if (credential === undefined) throw unknownKey(scope.accessKeyId);
    requireCurrent(presented, options.nowMs);
    requireToken(presented, credential, options.nowMs);
    const list = presented.signer?.list ?? parseSignedHeaders(presented.signedHeaders);
    requireSigned(request, list, style);
    const declared = readDeclaredPayload(presented.declaredPayload, style, options.body);
    const key = this.#signers.key(presented.credential, scope, credential);
    requireSignature({ request, presented, list, declared, key, style });
    this.#remember(request, { presented, scope, list, key });
    return {
      accessKeyId: scope.accessKeyId,
      date: scope.date,
      region: scope.region,
      service: scope.service,
      credential,
      form: presented.form,
      payload: binding(declared, presented, key),
      signedAtMs: presented.signedAtMs,
    };
  }

  #remember(
    request: SignedRequest,
    right: { presented: PresentedSignature; key: KnownKey } & Pick<KnownSigner, "scope" | "list">,
  ): void {
    const { presented, scope, list, key } = right;
    const { credential, signedHeaders } = presented;
    this.#signers.rememberKey(credential, key);
    const authorization = request.headers["authorization"];
    if (presented.signer !== undefined || typeof authorization !== "string") return;
    this.#signers.remember(authorization, { credential, signedHeaders, scope, list });
  }
}

function unknownKey(accessKeyId: string): AuthError {
  return new AuthError("FIRN_AUTH_KEY_UNKNOWN", "no such access key", { accessKeyId });
}

interface SignatureCheck {
  readonly request: SignedRequest;
  readonly presented: PresentedSignature;
  readonly list: SignedHeaderList;
  readonly declared: DeclaredPayload;
  readonly key: KnownKey;
  readonly style: SigningStyle;
}

function requireSignature(check: SignatureCheck): void {
  const { request, presented, list, style } = check;
  const { key, scopeText } = check.key;
  const prefix = `${ALGORITHM}\n${presented.timestamp}\n${scopeText}\n`;
  const parts = { request, list, payloadHash: check.declared.text, style, form: presented.form };
  const canonical = canonicalRequest(parts);
  const stringToSign = prefix + hash("sha256", canonical);
  if (key.verify(stringToSign, presented.signature)) return;
  for (const reading of otherReadings(parts)) {
    if (key.verify(prefix + reading, presented.signature)) return;
  }
  throw new AuthError("FIRN_AUTH_SIGNATURE_MISMATCH", "the signature does not fit the request", {
    accessKeyId: accessKeyIdOf(presented),
    signature: presented.signature,
    stringToSign,
    stringToSignBytes: hexBytes(stringToSign),
    canonicalRequest: canonical,
    canonicalRequestBytes: hexBytes(canonical),
  });
}

/** S3 shows the bytes too, so that invisible differences can be seen. */
function hexBytes(text: string): string {
  return Buffer.from(text)
    .toString("hex")
    .replace(/..(?=.)/g, "$& ");
}

function binding(
  declared: DeclaredPayload,
  presented: PresentedSignature,
  { key, scopeText }: KnownKey,
): PayloadBinding {
  switch (declared.kind) {
    case "checked":
    case "unsigned":
      return { kind: declared.kind };
    case "sha256":
      return { kind: "sha256", sha256: declared.text.toLowerCase() };
    case "unsignedChunks":
      return { kind: "chunked", trailer: true };
    case "signedChunks":
      return {
        kind: "chunked",
        trailer: declared.trailer,
        signing: {
          seedSignature: presented.signature,
          timestamp: presented.timestamp,
          scope: scopeText,
          accessKeyId: accessKeyIdOf(presented),
          verify: (text, signature) => key.verify(text, signature),
        },
      };
  }
}
