/** One constraint that a value breaks. */
export type Rule =
  | { readonly kind: "required" }
  | { readonly kind: "min" | "max"; readonly of: "length" | "value"; readonly bound: number }
  | { readonly kind: "pattern"; readonly pattern: string }
  | { readonly kind: "values"; readonly values: readonly string[] };

/** A value that does not satisfy its shape. */
export interface Problem {
  /** Lower-camel, lists count from 1: `keySchema.1.member.attributeName`. */
  readonly path: string;
  /** The member's own name, for services whose errors name it. */
  readonly member: string;
  /** Absent when the member is. */
  readonly value: unknown;
  readonly rule: Rule;
}

/** Why a body, a header or a parameter could not be read at all. */
export interface Malformed {
  /**
   * `syntax`: not JSON, not XML; `type`: of another type than its member; `encoding`: not UTF-8,
   * bad base64, bad gzip; `unknown`: a query parameter that the operation does not have.
   */
  readonly kind: "syntax" | "type" | "encoding" | "unknown";
  /** The member's path as in `Problem`; empty for the whole body; of an `unknown` as sent. */
  readonly path: string;
  /** Shape kind that the member has, for `type`. */
  readonly expected?: string | undefined;
  readonly value?: unknown;
}

/** Thrown by the decoders; the frame turns it into the service's own error. */
export class MalformedError extends Error {
  readonly reason: Malformed;

  constructor(reason: Malformed) {
    super(`Malformed ${reason.path === "" ? "body" : reason.path}: ${reason.kind}`);
    this.name = "MalformedError";
    this.reason = reason;
  }
}

/** Thrown by the decoders for a member that AWS has and Firn does not. */
export class UnsupportedMemberError extends Error {
  readonly member: string;

  constructor(member: string) {
    super(`${member} is not supported`);
    this.name = "UnsupportedMemberError";
    this.member = member;
  }
}

/** Paths name members with a small first letter, whatever follows it. */
export function lowerFirst(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}

/** The path of a member inside `parent`. */
export function memberPath(parent: string, name: string): string {
  return parent === "" ? lowerFirst(name) : `${parent}.${lowerFirst(name)}`;
}
