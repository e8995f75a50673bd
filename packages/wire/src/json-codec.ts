import { isUtf8 } from "node:buffer";
import { JSON_DEPTH_MAX } from "./constants.ts";
import { MalformedError, UnsupportedMemberError, lowerFirst } from "./problem.ts";
import type { Malformed } from "./problem.ts";
import { decodeBase64, wholeFits, writeText } from "./scalar-text.ts";
import type { Members, Shape } from "./shape.ts";
import { parseTimestamp } from "./timestamps.ts";

export type JsonReader = (value: unknown, path: string) => unknown;
export type JsonWriter = (value: unknown) => unknown;

/**
 * Parses a JSON body. Bytes must be UTF-8, nesting is bounded.
 * @throws MalformedError `encoding`, `syntax`.
 */
export function parseJson(bytes: Uint8Array): unknown {
  if (!isUtf8(bytes)) throw new MalformedError({ kind: "encoding", path: "" });
  const text = utf8Text(bytes);
  if (text.length > JSON_DEPTH_MAX && depthOf(text) > JSON_DEPTH_MAX) {
    throw new MalformedError({ kind: "syntax", path: "" });
  }
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new MalformedError({ kind: "syntax", path: "" });
  }
}

/** Bodies come as Buffers: no second view for the hot path. */
function utf8Text(bytes: Uint8Array): string {
  const whole = Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return whole.toString("utf8");
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

// Brackets inside strings do not count. Text that is no JSON may get any answer: parsing refuses
// it.
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i);
    if (char === QUOTE) i = endOfString(text, i);
    else if (char === 0x7b || char === 0x5b) deepest = Math.max(deepest, ++depth);
    else if (char === 0x7d || char === 0x5d) depth--;
  }
  return deepest;
}

function endOfString(text: string, start: number): number {
  let i = start + 1;
  while (i < text.length && text.charCodeAt(i) !== QUOTE) {
    i += text.charCodeAt(i) === BACKSLASH ? 2 : 1;
  }
  return i;
}

/** Prepares the reader of a structure's members; `null` members count as absent. */
export function compileJsonMembers(members: Members): JsonReader {
  const readers = Object.entries(members).map(([name, shape]) => ({
    name,
    wire: shape.traits.name ?? name,
    step: lowerFirst(name),
    read: compileJsonReader(shape, name),
  }));
  return (value, path) => {
    if (!isPlainObject(value)) refuse("structure", value, path);
    const record = value as Readonly<Record<string, unknown>>;
    const out: Record<string, unknown> = {};
    for (const { name, wire, step, read } of readers) {
      if (!Object.hasOwn(record, wire)) continue;
      const member = record[wire];
      if (member === null) continue;
      out[name] = read(member, path === "" ? step : `${path}.${step}`);
    }
    return out;
  };
}

/** Prepares the reader of one shape. The shape's kind decides what JSON may stand there. */
export function compileJsonReader(shape: Shape, member: string): JsonReader {
  switch (shape.kind) {
    case "document":
      return (value) => value;
    case "unsupported":
      return () => {
        throw new UnsupportedMemberError(member);
      };
    case "structure":
      return compileJsonMembers(shape.members);
    case "list":
      return compileJsonList(compileJsonReader(shape.of, member));
    case "map":
      return compileJsonMap(compileJsonReader(shape.of, member));
    default:
      return compileJsonScalar(shape.kind);
  }
}

function compileJsonList(read: JsonReader): JsonReader {
  return (value, path) => {
    if (!Array.isArray(value)) return refuse("list", value, path);
    return value.map((item, i) => read(item, `${path}.${i + 1}.member`));
  };
}

function compileJsonMap(read: JsonReader): JsonReader {
  return (value, path) => {
    if (!isPlainObject(value)) return refuse("map", value, path);
    const out = Object.create(null) as Record<string, unknown>;
    for (const [key, item] of Object.entries(value)) out[key] = read(item, `${path}.${key}.member`);
    return out;
  };
}

function compileJsonScalar(kind: Shape["kind"]): JsonReader {
  return (value, path) => {
    const read = jsonScalar(kind, value);
    return read === undefined ? refuse(kind, value, path) : read;
  };
}

function jsonScalar(kind: Shape["kind"], value: unknown): unknown {
  switch (kind) {
    case "string":
      return typeof value === "string" ? value : undefined;
    case "boolean":
      return typeof value === "boolean" ? value : undefined;
    case "integer":
    case "long":
      return typeof value === "number" && wholeFits(value, kind) ? value : undefined;
    case "double":
      return typeof value === "number" ? value : undefined;
    case "timestamp":
      return typeof value === "number" ? Math.round(value * 1000) : timestampText(value);
    case "blob":
      return typeof value === "string" ? decodeBase64(value) : undefined;
    default:
      return undefined;
  }
}

function timestampText(value: unknown): number | undefined {
  return typeof value === "string" ? parseTimestamp(value) : undefined;
}

function refuse(expected: string, value: unknown, path: string): never {
  const reason: Malformed = { kind: "type", path, expected, value };
  throw new MalformedError(reason);
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Prepares the writer of a structure; `undefined` when its values are JSON as they are. */
export function compileJsonWriter(members: Members): JsonWriter | undefined {
  const writers: [name: string, wire: string, write: JsonWriter | undefined][] = [];
  let plain = true;
  for (const [name, shape] of Object.entries(members)) {
    const wire = shape.traits.name ?? name;
    const write = compileShapeWriter(shape);
    writers.push([name, wire, write]);
    plain &&= wire === name && write === undefined;
  }
  if (plain) return undefined;
  return (value) => {
    const record = value as Readonly<Record<string, unknown>>;
    const out: Record<string, unknown> = {};
    for (const [name, wire, write] of writers) {
      const member = record[name];
      if (member === undefined) continue;
      out[wire] = write === undefined || member === null ? member : write(member);
    }
    return out;
  };
}

function compileShapeWriter(shape: Shape): JsonWriter | undefined {
  switch (shape.kind) {
    case "structure":
      return compileJsonWriter(shape.members);
    case "timestamp":
      if ((shape.traits.format ?? "epoch") === "epoch") return (value) => (value as number) / 1000;
      return (value) => writeText(shape, value, "iso8601");
    case "blob":
      return (value) => writeText(shape, value, "epoch");
    case "list": {
      const write = compileShapeWriter(shape.of);
      return write && ((value) => (value as readonly unknown[]).map((item) => write(item)));
    }
    case "map": {
      const write = compileShapeWriter(shape.of);
      return write && ((value) => mapValues(value as Record<string, unknown>, write));
    }
    default:
      return undefined;
  }
}

function mapValues(record: Record<string, unknown>, write: JsonWriter): Record<string, unknown> {
  const out = Object.create(null) as Record<string, unknown>;
  for (const [key, value] of Object.entries(record)) out[key] = write(value);
  return out;
}
