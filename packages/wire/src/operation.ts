import type { Members, StructureOf } from "./shape.ts";

/** How a REST operation is told from its neighbours; RPC protocols route by name alone. */
export interface HttpBinding {
  readonly method: "GET" | "PUT" | "POST" | "PATCH" | "DELETE" | "HEAD";
  /** `/{Bucket}/{Key+}`: labels are members in `path`; `+` takes the slashes too. */
  readonly path: string;
  /**
   * Query parameters that must be there: `["uploads"]`, `["list-type=2"]`. Among several matches
   * the one with the most conditions wins.
   */
  readonly query?: readonly string[] | undefined;
  /** Headers that must be there, lower case: `["x-amz-copy-source"]`. */
  readonly headers?: readonly string[] | undefined;
  /** Status of a success, default 200. An output member in `status` overrides it. */
  readonly status?: number | undefined;
}

/** One API operation of one service, as its file declares it. `C` is the service's context. */
export interface Declaration<C, I extends Members, O extends Members> {
  /** The API's name for it: `PutItem`. */
  readonly name: string;
  /** REST protocols only. */
  readonly http?: HttpBinding | undefined;
  /** In the service's own order: validation errors are collected in it. */
  readonly input: I;
  readonly output: O;
  /** XML: the root element of the response, default `<name>Response` (EC2), `<name>Result` (S3). */
  readonly outputRoot?: string | undefined;
  /** The codes that it answers beyond those common to its service; for tests and tables. */
  readonly errors: readonly string[];
  /**
   * Runs after authentication, decoding and constraint checks. Throws `ServiceError`, or lets a
   * `FirnError` pass, which the service's error table translates.
   */
  handler(
    input: StructureOf<I>,
    context: C,
  ): Promise<StructureOf<O> | ReadyBody> | StructureOf<O> | ReadyBody;
}

/** A declared operation with its types erased: what the frame, tests and tables work with. */
export interface Operation<C = never> {
  readonly name: string;
  readonly http: HttpBinding | undefined;
  readonly input: Members;
  readonly output: Members;
  readonly outputRoot: string | undefined;
  readonly errors: readonly string[];
  readonly handler: (input: never, context: C) => unknown;
}

/** `operation` bound to one service's context: each service folder exports one. */
export type DefineOperation<C> = <const I extends Members, const O extends Members>(
  declaration: Declaration<C, I, O>,
) => Operation<C>;

/** Declares an API operation. A plain value: nothing is registered anywhere. */
export function operation<C, const I extends Members, const O extends Members>(
  declaration: Declaration<C, I, O>,
): Operation<C> {
  return {
    name: declaration.name,
    http: declaration.http,
    input: declaration.input,
    output: declaration.output,
    outputRoot: declaration.outputRoot,
    errors: declaration.errors,
    handler: (input: never, context: C) => declaration.handler(input, context),
  };
}

/**
 * A response body that the handler has encoded itself (an item kept as JSON text): sent as it is,
 * with the operation's status and the protocol's content type.
 */
export class ReadyBody {
  readonly bytes: Uint8Array | string;

  constructor(bytes: Uint8Array | string) {
    this.bytes = bytes;
  }
}
