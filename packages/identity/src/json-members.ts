import { identityError } from "./identity-error.ts";

/** Reads members of a document that somebody else has written. */
export class JsonMembers {
  readonly #members: Readonly<Record<string, unknown>>;
  readonly #path: string;

  /** @throws FIRN_IDENTITY_INVALID unless it is an object with members of those names alone. */
  constructor(value: unknown, path: string, known: readonly string[]) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw invalid(path, "an object");
    }
    this.#members = value as Readonly<Record<string, unknown>>;
    this.#path = path;
    const unknown = Object.keys(value).find((name) => !known.includes(name));
    if (unknown !== undefined) throw invalid(path, `an object without ${unknown.slice(0, 64)}`);
  }

  required(name: string): string {
    const value = this.optional(name);
    if (value !== undefined) return value;
    throw invalid(this.#path, `an object with ${name}`);
  }

  optional(name: string): string | undefined {
    const value = this.#own(name);
    if (value === undefined || typeof value === "string") return value;
    throw invalid(`${this.#path}.${name}`, "a text");
  }

  list(name: string): readonly unknown[] {
    const value = this.#own(name);
    if (value === undefined) return [];
    if (Array.isArray(value)) return value;
    throw invalid(`${this.#path}.${name}`, "a list");
  }

  texts(name: string): string[] {
    return this.list(name).map((value) => {
      if (typeof value === "string") return value;
      throw invalid(`${this.#path}.${name}`, "a list of texts");
    });
  }

  /** A policy: JSON as text, or as it is. */
  document(name: string): string {
    const value = this.#own(name);
    if (typeof value === "string") return value;
    if (typeof value === "object" && value !== null) {
      try {
        return JSON.stringify(value);
      } catch {
        // Nested deeper than the stack reaches.
      }
    }
    throw invalid(`${this.#path}.${name}`, "a policy");
  }

  #own(name: string): unknown {
    return Object.hasOwn(this.#members, name) ? this.#members[name] : undefined;
  }
}

function invalid(path: string, says: string): Error {
  return identityError("FIRN_IDENTITY_INVALID", `${path} must be ${says}`, { path });
}
