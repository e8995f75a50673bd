import type { AdminCommand } from "@firn/gateway";
import { umbrellaError } from "./firn-error.ts";

/** What root's commands find in their body. */

export type CommandBody = Parameters<AdminCommand>[0];

/** @throws FIRN_OPTIONS_INVALID. */
export function required(body: CommandBody, name: string): string {
  const value = optional(body, name);
  if (value === undefined) throw invalid(name, "given");
  return value;
}

/** @throws FIRN_OPTIONS_INVALID. */
export function optional(body: CommandBody, name: string): string | undefined {
  const value = body[name];
  if (value === undefined || typeof value === "string") return value;
  throw invalid(name, "a string");
}

/** A number above 0. @throws FIRN_OPTIONS_INVALID. */
export function count(body: CommandBody, name: string): number {
  const value = body[name];
  if (typeof value === "number" && value > 0 && Number.isFinite(value)) return value;
  throw invalid(name, "a number above 0");
}

export function invalid(name: string, what: string): Error {
  return umbrellaError("FIRN_OPTIONS_INVALID", `"${name}" must be ${what}.`);
}
