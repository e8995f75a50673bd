import type { FirnErrorKind } from "@firn/core";
import type { Operation, Protocol, QueryParameters, WireResponse } from "@firn/wire";
import type { Caller, RawRequest, RequestContext } from "./context.ts";
import type { Refusals } from "./refusals.ts";
import type { TlsFacts } from "./told-facts.ts";

/** What a FirnError becomes on the wire. */
export interface ErrorMapping {
  readonly code: string;
  readonly status: number;
  /** The text; default the FirnError's own message. */
  readonly message?: string | ((detail: Readonly<Record<string, unknown>>) => string) | undefined;
  /** Further headers of the response, lower-case names. */
  readonly headers?:
    | ((detail: Readonly<Record<string, unknown>>) => Readonly<Record<string, string>>)
    | undefined;
  /** Further members of the body. */
  readonly members?:
    | ((detail: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>)
    | undefined;
}

/** FirnError code (`FIRN_TABLE_NOT_FOUND`) to AWS error. */
export type ErrorTable = Readonly<Record<string, ErrorMapping>>;

/** The answer to FirnErrors whose code the table does not name, by what the caller can do. */
export type FaultTable = Readonly<Record<FirnErrorKind, ErrorMapping>>;

/** What a request asks for, known before its body is read. */
export interface AskedOperation {
  /** `GetObject`. */
  readonly operation: string;
  /** Decoded path labels. */
  readonly labels: ReadonlyMap<string, string>;
  readonly query: QueryParameters;
}

/** A request that was answered, or given up. */
export interface ServedRequest {
  readonly requestId: string;
  /** As in the gateway's own log: empty where no operation was found. */
  readonly operation: string;
  readonly raw: RawRequest;
  /** `undefined`: nobody whose signature was taken. */
  readonly caller: Caller | undefined;
  /** Of the signature's credential scope. */
  readonly region: string | undefined;
  readonly status: number;
  readonly error: string | undefined;
  readonly responseHeaders: Readonly<Record<string, string>>;
  /** Bytes of the body that was sent. */
  readonly bytes: number;
  /** From the head of the request to the end of the answer, and to its beginning. */
  readonly totalMs: number;
  readonly turnAroundMs: number;
  /** How the connection is encrypted; `undefined`: it is not. */
  tls(): TlsFacts | undefined;
}

/** Pages for browsers beside an API (websites of buckets): signatures count for nothing there. */
export interface Site<C> {
  claims(raw: RawRequest): boolean;
  serve(context: C): Promise<WireResponse>;
}

/** One AWS service on the gateway: made by `createXService({ engine })` in its folder. */
export interface Service<C extends RequestContext = RequestContext> {
  /** The service's name in credential scopes and in `--services`: `s3`, `dynamodb`, `ebs`. */
  readonly name: string;
  readonly protocol: Protocol;
  readonly operations: readonly Operation<C>[];
  /** json: what stands before the dot of X-Amz-Target, with an optional namespace for `__type`. */
  readonly targetPrefix?: string | undefined;
  /** ec2-query, rest-xml: the namespace of responses. */
  readonly xmlNamespace?: string | undefined;
  /**
   * REST: query parameters that name a subresource. A request with one that no operation claims is
   * unknown; it never falls through to the plain operation.
   */
  readonly subresources?: readonly string[] | undefined;
  /** Most bytes of a buffered body, default 16 MiB. Streams are not bounded here. */
  readonly bodyBytesMax?: number | undefined;
  readonly errors: ErrorTable;
  readonly faults: FaultTable;
  /** How it says no before a handler runs; begin with `refusalsOf(protocol)` and override. */
  readonly refusals: Refusals;
  /** Requests that nobody signed are taken too; `authorize` decides. Default false. */
  readonly takesStrangers?: boolean | undefined;
  /**
   * Lets the caller do what it asks, or throws: before the body is read. Without it roots may do
   * everything, and users what their policies allow on every resource.
   */
  authorize?(asked: AskedOperation, context: C): Promise<void> | void;
  /** What is served by other host names than the API's. */
  readonly site?: Site<C> | undefined;
  /** Callers are judged once their request is decoded: `authorize` has nothing to say. */
  readonly authorizesLater?: boolean | undefined;
  /** Answers OPTIONS: what a browser asks before it sends the request itself. */
  preflight?(raw: RawRequest): Promise<WireResponse>;
  /** Headers that let a page of another origin read the answer; asked when one is named. */
  crossOrigin?(raw: RawRequest): Promise<Readonly<Record<string, string>>>;
  /** Adds the engine: called once per request, after authentication. */
  context(request: RequestContext): C;
  /** Told of every request once it is answered; it may neither throw nor take long. */
  served?(request: ServedRequest): void;
  /** json: `__type` of an error code with its namespace; default the code alone. */
  errorType?(code: string): string;
  /** json: the member that carries an error's text, `message` (default) or `Message`. */
  errorMessageKey?(code: string): string;
  /** Further headers of every response (`x-amz-id-2`). */
  responseHeaders?(request: RequestContext): Readonly<Record<string, string>>;
}

/** A service with its context type erased, as the gateway keeps it. */
export interface AnyService extends Omit<Service<never>, "context" | "authorize" | "site"> {
  readonly site?: Site<unknown> | undefined;
  context(request: RequestContext): unknown;
  authorize?(asked: AskedOperation, context: unknown): Promise<void> | void;
}
