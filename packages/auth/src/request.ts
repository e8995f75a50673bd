import type { SigningStyle } from "./canonical-uri.ts";

/** What a signature covers, as it arrived; the shape of Node's IncomingMessage fits. */
export interface SignedRequest {
  /** In capitals, as on the request line. */
  readonly method: string;
  /** Path and query as on the request line, still percent-encoded: what Node calls `url`. */
  readonly url: string;
  /** Lower-case names; bytes of values as Latin-1, as Node reads them. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /**
   * Names and values in turn, as received. Asked only when a signature does not fit at first:
   * `headers` joins repeated lines with ", " or drops them, a signature joins them with ",".
   */
  readonly rawHeaders?: readonly string[] | undefined;
}

/** What the verifier must know of an access key. Callers add what they like to it. */
export interface SigningCredential {
  readonly secretAccessKey: string;
  /** Temporary credentials: the token that must come with every request. */
  readonly sessionToken?: string | undefined;
  /** Temporary credentials: milliseconds since 1970 UTC after which they are refused. */
  readonly expiresAtMs?: number | undefined;
}

/** Who a request says it comes from, and for which service: not verified. */
export interface CredentialScope {
  readonly accessKeyId: string;
  /** YYYYMMDD. */
  readonly date: string;
  readonly region: string;
  readonly service: string;
}

/** Where the signature was found. */
export type SignatureForm = "header" | "presigned";

/** What is needed to verify the signatures inside an aws-chunked body. */
export interface ChunkSigning {
  /** 64 hex digits: the request's signature, which the first chunk's signature covers. */
  readonly seedSignature: string;
  /** YYYYMMDDTHHMMSSZ. */
  readonly timestamp: string;
  /** date/region/service/aws4_request. */
  readonly scope: string;
  /** For the error that tells of a wrong chunk. */
  readonly accessKeyId: string;
  /** Whether `signature` is HMAC-SHA256 of the text under the derived signing key. */
  readonly verify: (text: string, signature: string) => boolean;
}

/** A body in aws-chunked framing. */
export interface ChunkedPayload {
  readonly kind: "chunked";
  /** Absent in STREAMING-UNSIGNED-PAYLOAD-TRAILER: then signatures of chunks are not looked at. */
  readonly signing?: ChunkSigning | undefined;
  /** The body may end with trailers; without this they are malformed. */
  readonly trailer: boolean;
}

/**
 * How the body is bound to the signature, and what is left to do for whoever reads it:
 * - `checked`: the body was given to `verify`; nothing is left.
 * - `unsigned`: nothing vouches for it (UNSIGNED-PAYLOAD, presigned S3).
 * - `sha256`: read it through `verifyPayload`, which ends with an error unless the hash fits.
 * - `chunked`: read it through `AwsChunkedBody`.
 */
export type PayloadBinding =
  | { readonly kind: "checked" }
  | { readonly kind: "unsigned" }
  | { readonly kind: "sha256"; readonly sha256: string }
  | ChunkedPayload;

export interface VerifyOptions {
  /** Name that the credential scope must carry. `s3` has rules of its own for paths and bodies. */
  readonly service: string;
  /** Region that the scope must carry; any region when absent. */
  readonly region?: string | undefined;
  /** Default: `s3` for the service s3, `standard` for any other. */
  readonly style?: SigningStyle | undefined;
  /**
   * Version 2 signs the bucket that the host names (virtual-host style): tells which one, if any.
   */
  readonly hostBucket?: ((host: string) => string | undefined) | undefined;
  /** Real time in milliseconds since 1970 UTC: never a scaled or manual clock. */
  readonly nowMs: number;
  /**
   * The whole body when the caller has read it already. Needed by services other than S3 unless
   * the request declares `x-amz-content-sha256`; absent means empty then.
   */
  readonly body?: Uint8Array | undefined;
}

/** A request whose signature is right. */
export interface Authenticated<C extends SigningCredential> extends CredentialScope {
  readonly credential: C;
  readonly form: SignatureForm;
  readonly payload: PayloadBinding;
  /** Milliseconds since 1970 UTC that the client signed. */
  readonly signedAtMs: number;
}
