/** A policy that cannot be stored; the message is what S3 says of it. */
export class PolicyError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "PolicyError";
  }
}
