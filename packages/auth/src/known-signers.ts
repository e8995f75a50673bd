import { BoundedCache } from "./bounded-cache.ts";
import { KNOWN_SIGNERS_MAX, SIGNING_KEYS_MAX } from "./constants.ts";
import type { CredentialScope, SigningCredential } from "./request.ts";
import type { SignedHeaderList } from "./signed-headers.ts";
import { deriveSigningKey } from "./signing-key.ts";
import type { SigningKey } from "./signing-key.ts";

/** A signing key with the secret it was derived from: good for as long as the secret stays. */
export interface KnownKey {
  readonly secretAccessKey: string;
  readonly key: SigningKey;
  /** date/region/service/aws4_request. */
  readonly scopeText: string;
}

/** What two requests of one client have in common: all of their Authorization but the signature. */
export interface KnownSigner {
  readonly credential: string;
  readonly signedHeaders: string;
  readonly scope: CredentialScope;
  readonly list: SignedHeaderList;
}

const SIGNATURE_LENGTH = 64;

/**
 * Remembers who has signed rightly, so that the next request of the same client is neither parsed
 * nor is its key derived again. Only what was verified is remembered: strangers push nobody out.
 */
export class KnownSigners {
  readonly #signers = new BoundedCache<KnownSigner>(KNOWN_SIGNERS_MAX);
  readonly #keys = new BoundedCache<KnownKey>(SIGNING_KEYS_MAX);
  /** Under load the next request is mostly of the same client: one comparison, no hashing. */
  #last: { readonly prefix: string; readonly signer: KnownSigner } | undefined;

  /** The signer of an Authorization header that differs from a known one in its signature only. */
  find(authorization: string): KnownSigner | undefined {
    const prefix = authorization.slice(0, -SIGNATURE_LENGTH);
    if (prefix === this.#last?.prefix) return this.#last.signer;
    const signer = this.#signers.get(prefix);
    if (signer !== undefined) this.#last = { prefix, signer };
    return signer;
  }

  /** `authorization` carries a right signature of `signer`. */
  remember(authorization: string, signer: KnownSigner): void {
    const prefix = authorization.slice(0, -SIGNATURE_LENGTH);
    if (prefix.endsWith("Signature=")) this.#signers.set(prefix, signer);
  }

  /** The key of a credential, derived unless it is known. */
  key(
    credential: string,
    scope: CredentialScope,
    { secretAccessKey }: SigningCredential,
  ): KnownKey {
    const known = this.#keys.get(credential);
    if (known !== undefined && known.secretAccessKey === secretAccessKey) return known;
    const scopeText = `${scope.date}/${scope.region}/${scope.service}/aws4_request`;
    return { secretAccessKey, key: deriveSigningKey(secretAccessKey, scope), scopeText };
  }

  /** `key` has signed rightly. */
  rememberKey(credential: string, key: KnownKey): void {
    if (this.#keys.get(credential) !== key) this.#keys.set(credential, key);
  }
}
