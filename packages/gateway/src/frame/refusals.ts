import type { ServiceError } from "@firn/wire";

/** Why a value does not fit its shape. Paths are lower-camel: `keySchema.1.member.attributeName`. */
export interface Problem {
  readonly path: string;
  /** The member's own name, for services whose errors name it. */
  readonly member: string;
  /** Absent when the member is. */
  readonly value: unknown;
  readonly rule:
    | { readonly kind: "required" }
    | { readonly kind: "min" | "max"; readonly of: "length" | "value"; readonly bound: number }
    | { readonly kind: "pattern"; readonly pattern: string }
    | { readonly kind: "values"; readonly values: readonly string[] };
}

/** Why a body or a header could not be read at all. */
export interface Malformed {
  /** `syntax`: not JSON, XML, a form; `type`: a value of another type than its member's. */
  readonly kind: "syntax" | "type" | "encoding";
  readonly path: string;
  /** What the member should be, for `type`. */
  readonly expected?: string | undefined;
  readonly value?: unknown;
}

/** How a service says no before a handler runs. All are pure. */
export interface Refusals {
  /** No such action, target, path or method; `asked` is what the client named. */
  unknownOperation(asked: string): ServiceError;
  malformed(reason: Malformed): ServiceError;
  /** The constraints that the input breaks, in the service's order, at least one. */
  invalid(problems: readonly Problem[]): ServiceError;
  /** A member of AWS's that Firn does not have. */
  unsupported(member: string): ServiceError;
  bodyTooLarge(limitBytes: number): ServiceError;
  /** Fewer bytes than announced. */
  bodyIncomplete(): ServiceError;
}
