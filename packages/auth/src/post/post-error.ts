/** What a POST form is refused with, in S3's words. */
export class PostError extends Error {
  /** `AccessDenied`, `InvalidPolicyDocument`, … */
  readonly code: string;
  /** HTTP status. */
  readonly status: number;

  constructor(code: string, status: number, message: string) {
    super(message);
    this.name = "PostError";
    this.code = code;
    this.status = status;
  }
}
