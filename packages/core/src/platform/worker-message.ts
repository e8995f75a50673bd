import { FirnError } from "../errors.ts";
import type { FirnErrorKind } from "../errors.ts";

/** To a thread. */
export interface WorkerRequest {
  readonly task: string;
  readonly input: unknown;
}

/** From a thread. */
export type WorkerAnswer = { readonly output: unknown } | { readonly failure: WorkerFailure };

/** An error as plain data: a structured clone keeps neither the class nor the code. */
export interface WorkerFailure {
  readonly message: string;
  readonly kind?: FirnErrorKind | undefined;
  readonly code?: string | undefined;
  readonly detail?: Readonly<Record<string, unknown>> | undefined;
}

export function toFailure(error: unknown): WorkerFailure {
  const { message, code } = error as { readonly message?: string; readonly code?: string };
  const text = message ?? String(error);
  if (error instanceof FirnError) {
    return { message: text, kind: error.kind, code: error.code, detail: error.detail };
  }
  return { message: text, code };
}

export function fromFailure({ message, kind, code, detail }: WorkerFailure): Error {
  if (kind !== undefined && code !== undefined)
    return new FirnError(kind, code, message, { detail });
  return Object.assign(new Error(message), code === undefined ? {} : { code });
}
