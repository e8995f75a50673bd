export interface ServiceErrorOptions {
  /** Further members of the error's body (`BucketName`, `Resource`, `CancellationReasons`, …). */
  readonly members?: Readonly<Record<string, unknown>> | undefined;
  /** Further headers of the response, lower-case names. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly cause?: unknown;
}

/** An error as the client of an AWS service sees it. The frame encodes it in the service's form. */
export class ServiceError extends Error {
  /** The code on the wire: `NoSuchKey`, `ResourceNotFoundException`. */
  readonly code: string;
  /** HTTP status, 300 to 599. */
  readonly status: number;
  readonly members: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: string, status: number, message: string, options?: ServiceErrorOptions) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.name = "ServiceError";
    this.code = code;
    this.status = status;
    this.members = options?.members ?? {};
    this.headers = options?.headers ?? {};
  }
}
