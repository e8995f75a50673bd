import { isUtf8 } from "node:buffer";
import { compileJsonMembers, compileJsonReader, parseJson } from "./json-codec.ts";
import type { Operation } from "./operation.ts";
import { MalformedError, UnsupportedMemberError, lowerFirst } from "./problem.ts";
import type { Protocol } from "./protocol.ts";
import { parseQuery, readQueryMembers } from "./query-codec.ts";
import type { QueryParameters } from "./query-codec.ts";
import { readText } from "./scalar-text.ts";
import type { BodyStream, Members, Shape } from "./shape.ts";
import { readXml, readXmlMembers } from "./xml-codec.ts";
import { parseXml } from "./xml-parser.ts";
import type { XmlElement } from "./xml-parser.ts";

/** The parts of a request that members may travel in. */
export interface RequestParts {
  /** Path labels, decoded. */
  readonly labels: ReadonlyMap<string, string>;
  readonly query: QueryParameters;
  /** Lower-case names, values as Node reads them. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The buffered body; empty when there is none, or when it is a stream. */
  readonly body: Uint8Array;
  readonly stream: BodyStream | undefined;
}

/** @throws MalformedError, UnsupportedMemberError. */
export type InputReader = (parts: RequestParts) => Record<string, unknown>;

type MemberReader = (parts: RequestParts) => unknown;

/** Prepares the decoder of an operation's input. */
export function compileInput(operation: Operation, protocol: Protocol): InputReader {
  switch (protocol) {
    case "json-1.0":
    case "json-1.1": {
      const read = compileJsonMembers(operation.input);
      return (parts) => read(parseJson(parts.body), "") as Record<string, unknown>;
    }
    case "ec2-query":
      return (parts) => readQueryMembers(operation.input, formOf(parts));
    case "rest-json":
      return compileRest(operation.input, compileRestJsonBody);
    case "rest-xml":
      return compileRest(operation.input, compileRestXmlBody);
  }
}

/** Whether the operation reads its body as a stream, so that nobody may buffer it before. */
export function streamsInput(operation: Operation): boolean {
  return Object.values(operation.input).some((shape) => shape.kind === "stream");
}

/** The parameters of a query request: of its form, or of its URL for a GET. */
export function formOf(parts: Pick<RequestParts, "query" | "body">): QueryParameters {
  return parts.body.length === 0 ? parts.query : parseQuery(decodeText(parts.body));
}

function decodeText(bytes: Uint8Array): string {
  if (!isUtf8(bytes)) throw new MalformedError({ kind: "encoding", path: "" });
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8");
}

type BodyCompiler = (members: Members) => (body: Uint8Array) => Record<string, unknown>;

function compileRest(members: Members, compileBody: BodyCompiler): InputReader {
  const readers: [name: string, read: MemberReader][] = [];
  const inBody: Record<string, Shape> = {};
  for (const [name, shape] of Object.entries(members)) {
    if ((shape.traits.in ?? "body") === "body") inBody[name] = shape;
    else readers.push([name, compileMember(name, shape, compileBody)]);
  }
  const readBody = Object.keys(inBody).length === 0 ? undefined : compileBody(inBody);
  return (parts) => {
    const out: Record<string, unknown> = {};
    for (const [name, read] of readers) {
      const value = read(parts);
      if (value !== undefined) out[name] = value;
    }
    return readBody === undefined ? out : Object.assign(out, readBody(parts.body));
  };
}

function compileMember(name: string, shape: Shape, compileBody: BodyCompiler): MemberReader {
  const wire = shape.traits.name ?? name;
  const path = lowerFirst(name);
  switch (shape.traits.in) {
    case "path":
      return (parts) => textMember(shape, parts.labels.get(wire), path);
    case "query":
      return (parts) => textMember(shape, parts.query.get(wire), path);
    case "header":
      return (parts) => headerMember(shape, parts.headers[wire], path);
    case "headers":
      return (parts) => headersWith(wire, parts.headers);
    case "payload":
      return compilePayload(name, shape, compileBody);
    default:
      throw new Error(`${name}: an input cannot travel in ${shape.traits.in ?? "body"}`);
  }
}

function textMember(shape: Shape, text: string | undefined, path: string): unknown {
  if (text === undefined) return undefined;
  if (shape.kind === "list") return [readText(shape.of, text, path)];
  return readText(shape, text, path);
}

function headerMember(shape: Shape, value: string | string[] | undefined, path: string): unknown {
  if (value === undefined) return undefined;
  const text = Array.isArray(value) ? value.join(", ") : value;
  if (shape.kind !== "list") return readText(shape, text, path);
  return text.split(",").map((part) => readText(shape.of, part.trim(), path));
}

function headersWith(
  prefix: string,
  headers: RequestParts["headers"],
): Record<string, string> | undefined {
  let out: Record<string, string> | undefined;
  for (const name in headers) {
    const value = headers[name];
    if (!name.startsWith(prefix) || value === undefined) continue;
    out ??= Object.create(null) as Record<string, string>;
    out[name.slice(prefix.length)] = Array.isArray(value) ? value.join(",") : value;
  }
  return out;
}

function compilePayload(name: string, shape: Shape, compileBody: BodyCompiler): MemberReader {
  switch (shape.kind) {
    case "stream":
      return (parts) => parts.stream;
    case "blob":
      return (parts) => parts.body;
    case "string":
      return (parts) => (parts.body.length === 0 ? undefined : decodeText(parts.body));
    case "structure": {
      const read = compileBody(shape.members);
      return (parts) => (parts.body.length === 0 ? undefined : read(parts.body));
    }
    case "list":
      return (parts) => {
        return parts.body.length === 0 ? undefined : readXml(shape, rootOf(parts.body), name);
      };
    case "unsupported":
      return (parts) => {
        if (parts.body.length > 0) throw new UnsupportedMemberError(name);
        return undefined;
      };
    default: {
      const read = compileJsonReader(shape, name);
      return (parts) => (parts.body.length === 0 ? undefined : read(parseJson(parts.body), name));
    }
  }
}

function compileRestJsonBody(members: Members): (body: Uint8Array) => Record<string, unknown> {
  const read = compileJsonMembers(members);
  return (body) =>
    body.length === 0 ? {} : (read(parseJson(body), "") as Record<string, unknown>);
}

function compileRestXmlBody(members: Members): (body: Uint8Array) => Record<string, unknown> {
  return (body) => (body.length === 0 ? {} : readXmlMembers(members, rootOf(body), ""));
}

function rootOf(body: Uint8Array): XmlElement {
  return parseXml(decodeText(body));
}
