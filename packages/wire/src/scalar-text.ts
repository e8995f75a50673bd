import { MalformedError, UnsupportedMemberError } from "./problem.ts";
import type { Shape, TimestampFormat } from "./shape.ts";
import { formatTimestamp, parseTimestamp } from "./timestamps.ts";

const WHOLE = /^[+-]?\d{1,18}$/;
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const INTEGER_MAX = 0x7fff_ffff;

/** Reads a scalar from a path, a query, a header, an XML element or a form. */
export function readText(shape: Shape, text: string, path: string): unknown {
  const value = parseText(shape, text, path);
  if (value !== undefined) return value;
  throw new MalformedError({ kind: "type", path, expected: shape.kind, value: text });
}

function parseText(shape: Shape, text: string, path: string): unknown {
  switch (shape.kind) {
    case "string":
      return text;
    case "integer":
    case "long":
      return parseWhole(text.trim(), shape.kind);
    case "double":
      return DECIMAL.test(text.trim()) ? Number(text) : undefined;
    case "boolean":
      return parseBoolean(text.trim());
    case "timestamp":
      return parseTimestamp(text.trim());
    case "blob":
      return decodeBase64(text.trim());
    case "unsupported":
      throw new UnsupportedMemberError(path);
    default:
      return undefined;
  }
}

/** Whole numbers within the kind's bounds; `undefined` for anything else. */
function parseWhole(text: string, kind: "integer" | "long"): number | undefined {
  if (!WHOLE.test(text)) return undefined;
  const value = Number(text);
  return wholeFits(value, kind) ? value : undefined;
}

/** Whether a number is one that an `integer` or a `long` may hold. */
export function wholeFits(value: number, kind: "integer" | "long"): boolean {
  if (!Number.isSafeInteger(value)) return false;
  return kind === "long" || (value <= INTEGER_MAX && value >= -INTEGER_MAX - 1);
}

function parseBoolean(text: string): boolean | undefined {
  if (text === "true" || text === "True" || text === "TRUE") return true;
  return text === "false" || text === "False" || text === "FALSE" ? false : undefined;
}

/**
 * Strict base64 with padding; `undefined` when it is none. Node's own decoder skips bad
 * characters.
 */
export function decodeBase64(text: string): Uint8Array | undefined {
  return BASE64.test(text) ? Buffer.from(text, "base64") : undefined;
}

/** Writes a scalar as text; timestamps in their own format, else in `format`. */
export function writeText(shape: Shape, value: unknown, format: TimestampFormat): string {
  if (shape.kind === "timestamp") {
    return formatTimestamp(value as number, shape.traits.format ?? format);
  }
  if (shape.kind === "blob") return Buffer.from(value as Uint8Array).toString("base64");
  return String(value);
}
