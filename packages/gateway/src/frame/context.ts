import type { FormFields, Policy } from "@firn/auth";
import type { HttpHeaders } from "../http/request-head.ts";

/** Who signed the request. With `--auth off` it is the root of the default account. */
export interface Caller {
  /** 12 digits. */
  readonly accountId: string;
  /** `arn:aws:iam::000000000000:root`. */
  readonly arn: string;
  readonly accessKeyId: string;
  /** S3's owner id of the account: 64 hex digits. */
  readonly canonicalId: string;
  readonly displayName: string;
  readonly isRoot: boolean;
  /** Nobody signed the request; the other members are empty. Default false. */
  readonly isAnonymous?: boolean | undefined;
  /** Of a user; absent for roots. */
  readonly userName?: string | undefined;
  readonly userId?: string | undefined;
  /** What a user may do; `undefined`: nothing that a resource does not allow by itself. */
  readonly policies?: readonly Policy[] | undefined;
}

/** Who asks without a signature. */
export const ANONYMOUS: Caller = {
  accountId: "",
  arn: "",
  accessKeyId: "",
  canonicalId: "",
  displayName: "",
  isRoot: false,
  isAnonymous: true,
};

/** What of the raw request a handler may look at when its input does not say enough. */
export interface RawRequest {
  readonly method: string;
  /** As sent, still percent-encoded; in virtual-host style the bucket stands in front again. */
  readonly path: string;
  /** As sent, without `?`. */
  readonly queryString: string;
  readonly headers: HttpHeaders;
  /** The Host header. */
  readonly host: string;
  readonly remoteAddress: string;
  /** It came over TLS. */
  readonly isEncrypted: boolean;
}

export interface RequestLog {
  info(facts: Readonly<Record<string, unknown>>, message: string): void;
  warn(facts: Readonly<Record<string, unknown>>, message: string): void;
  error(facts: Readonly<Record<string, unknown>>, message: string): void;
}

/** What every handler gets; a service adds its engine in `Service.context`. */
export interface RequestContext {
  readonly requestId: string;
  readonly caller: Caller;
  /** Of the signature's credential scope: `us-east-1`. */
  readonly region: string;
  /** Real time when it is asked, in milliseconds since 1970 UTC. */
  readonly nowMs: number;
  /** Fires when the client is gone or the server's drain time is over. Made on first use. */
  readonly signal: AbortSignal;
  readonly raw: RawRequest;
  /** Every line carries the request id. */
  readonly log: RequestLog;
  /** Why the request is refused, for the log: the client is told only that it is. */
  noteDenial(reason: string): void;
  /**
   * Takes the signature of a form's fields for the request's own: `caller` and `region` are its
   * signer's from then on. A form that nobody signed changes nothing.
   * @throws AuthError, PostError.
   */
  admitForm(fields: FormFields): void;
}
