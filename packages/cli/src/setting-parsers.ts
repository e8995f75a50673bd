import type { ClockMode, ParitySegments } from "@firn/core";
import { isServiceName, serviceNames } from "@firn/firn";
import type { ServiceName } from "@firn/firn";
import { durationMs } from "./duration.ts";

/** Reads one setting; throws an Error whose message continues "must be …". */
export type SettingParser<T> = (given: unknown) => T;

export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";
const LOG_LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error", "silent"];
const PORT_MAX = 65_535;
const SCALED = /^scaled:(\d{1,9}(?:\.\d{1,6})?)$/;

function expected(what: string): Error {
  return new Error(what);
}

export function parseText(given: unknown): string {
  if (typeof given === "string" && given !== "") return given;
  throw expected("a text");
}

export function parsePort(given: unknown): number {
  const port = typeof given === "string" && /^\d{1,5}$/.test(given) ? Number(given) : given;
  if (typeof port === "number" && Number.isInteger(port) && port >= 0 && port <= PORT_MAX) {
    return port;
  }
  throw expected(`a port from 0 to ${PORT_MAX}`);
}

export function parseOnOff(given: unknown): boolean {
  if (given === true || given === "on" || given === "true") return true;
  if (given === false || given === "off" || given === "false") return false;
  throw expected("on or off");
}

export function parseNewBuckets(given: unknown): "closed" | "lists" {
  if (given === "closed" || given === "lists") return given;
  throw expected("closed or lists");
}

export function parseAuth(given: unknown): "on" | "off" {
  return parseOnOff(given) ? "on" : "off";
}

export function parseServices(given: unknown): readonly ServiceName[] {
  const names: unknown = typeof given === "string" ? given.split(",") : given;
  const fault = expected(`a list of ${serviceNames.join(", ")}`);
  if (!Array.isArray(names) || names.length === 0) throw fault;
  return names.map((name: unknown) => {
    const trimmed = typeof name === "string" ? name.trim() : "";
    if (!isServiceName(trimmed)) throw fault;
    return trimmed;
  });
}

export function parseClock(given: unknown): ClockMode {
  if (given === "real" || given === "manual") return { kind: given };
  const factor = typeof given === "string" ? Number(SCALED.exec(given)?.[1]) : Number.NaN;
  if (factor > 0) return { kind: "scaled", factor };
  throw expected("real, manual, or scaled:FACTOR with a factor above 0");
}

const PARITY: readonly ParitySegments[] = ["all", "extents", "none"];

export function parseParity(given: unknown): ParitySegments {
  const segments = PARITY.find((one) => one === given);
  if (segments !== undefined) return segments;
  throw expected(`one of ${PARITY.join(", ")}`);
}

/** Milliseconds; 0 for off. */
export function parseEvery(given: unknown): number {
  if (given === "off" || given === false) return 0;
  const ms = typeof given === "string" ? durationMs(given) : undefined;
  if (ms !== undefined && ms > 0) return ms;
  throw expected("a time such as 1d or 12h, or off");
}

export function parseCount(given: unknown): number {
  const count = typeof given === "string" ? Number(given) : given;
  if (typeof count === "number" && Number.isInteger(count) && count >= 1) return count;
  throw expected("a whole number above 0");
}

export function parseWholeNumber(given: unknown): number {
  const count = typeof given === "string" && given !== "" ? Number(given) : given;
  if (typeof count === "number" && Number.isInteger(count) && count >= 0) return count;
  throw expected("a whole number");
}

/** A number of MiB, as bytes. */
export function parseMebibytes(given: unknown): number {
  const mebibytes = typeof given === "string" ? Number(given) : given;
  if (typeof mebibytes === "number" && mebibytes > 0) return mebibytes * 1024 * 1024;
  throw expected("a number above 0");
}

export function parseLogLevel(given: unknown): LogLevel {
  const level = LOG_LEVELS.find((one) => one === given);
  if (level !== undefined) return level;
  throw expected(`one of ${LOG_LEVELS.join(", ")}`);
}
