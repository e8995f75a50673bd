import { AuthError, SigV4Verifier, credentialScope, verifyPostForm } from "@firn/auth";
import type { FormFields, PayloadBinding, SignedRequest, SigningCredential } from "@firn/auth";
import type { Clock } from "@firn/core";
import { DEFAULT_REGION } from "./constants.ts";
import { ANONYMOUS } from "./context.ts";
import type { Caller } from "./context.ts";
import { bucketOfHost } from "./service-locator.ts";

/** An access key, with the caller that it stands for. */
export interface SignerCredential extends SigningCredential {
  readonly caller: Caller;
}

/** Looks an access key up, in memory: `undefined` when there is none, or when it is disabled. */
export type CredentialSource = (accessKeyId: string) => SignerCredential | undefined;

export interface AuthenticatorOptions {
  /** `off` takes any signature, or none, for `root`'s: the habit of test suites. */
  readonly mode: "on" | "off";
  readonly credentials: CredentialSource;
  readonly root: Caller;
  /** Real time, whatever clock the store has: clients sign with theirs. */
  readonly realClock: Clock;
}

/** A request that is let in. */
export interface Admission {
  readonly caller: Caller;
  readonly region: string;
  /** How the body is bound to the signature, so what its reader has to check. */
  readonly payload: PayloadBinding;
}

export interface AdmitOptions {
  /** Name that the signature must carry. */
  readonly service: string;
  /** The whole body, when it has been read already. */
  readonly body?: Uint8Array | undefined;
  /** Takes requests without any signature: their caller is `ANONYMOUS`. Default false. */
  readonly takesStrangers?: boolean | undefined;
}

/** Decides who is asking. */
export class Authenticator {
  readonly #options: AuthenticatorOptions;
  readonly #verifier: SigV4Verifier<SignerCredential>;

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
    this.#verifier = new SigV4Verifier({ credentials: options.credentials });
  }

  /** @throws AuthError when the signature is missing or wrong (`mode` on). */
  admit(request: SignedRequest, options: AdmitOptions): Admission {
    if (this.#options.mode === "off") return unsigned(request, this.#options.root);
    try {
      return this.#admitSigned(request, options);
    } catch (error) {
      const isStranger = error instanceof AuthError && error.code === "FIRN_AUTH_MISSING";
      if (options.takesStrangers !== true || !isStranger) throw error;
      return unsigned(request, ANONYMOUS);
    }
  }

  /** Whoever asks where nobody signs. */
  admitUnsigned(request: SignedRequest): Admission {
    const { mode, root } = this.#options;
    return unsigned(request, mode === "off" ? root : ANONYMOUS);
  }

  /**
   * Who signed the policy of a form; `undefined` when nobody did.
   * @throws AuthError, PostError (`mode` on).
   */
  admitForm(fields: FormFields): Pick<Admission, "caller" | "region"> | undefined {
    const { mode, root, credentials, realClock } = this.#options;
    if (mode === "off") return { caller: root, region: DEFAULT_REGION };
    const signer = verifyPostForm(fields, { credentials, nowMs: realClock.now() });
    if (signer === undefined) return undefined;
    return { caller: signer.credential.caller, region: signer.region ?? DEFAULT_REGION };
  }

  #admitSigned(request: SignedRequest, { service, body }: AdmitOptions): Admission {
    const nowMs = this.#options.realClock.now();
    const signed = this.#verifier.verify(request, {
      service,
      nowMs,
      body,
      hostBucket: bucketOfHost,
    });
    return { caller: signed.credential.caller, region: signed.region, payload: signed.payload };
  }

  /** Root of the account that the server was made with; other accounts' roots rule theirs alone. */
  isServerRoot({ isRoot, accountId }: Caller): boolean {
    return isRoot && accountId === this.#options.root.accountId;
  }
}

/** Nothing vouches for the body, but framing is framing. */
function unsigned(request: SignedRequest, caller: Caller): Admission {
  const region = credentialScope(request)?.region ?? DEFAULT_REGION;
  const declared = request.headers["x-amz-content-sha256"];
  const chunked = typeof declared === "string" && declared.startsWith("STREAMING-");
  const payload: PayloadBinding = chunked
    ? { kind: "chunked", trailer: declared.endsWith("-TRAILER") }
    : { kind: "unsigned" };
  return { caller, region, payload };
}
