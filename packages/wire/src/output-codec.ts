import { compileJsonWriter } from "./json-codec.ts";
import { ReadyBody } from "./operation.ts";
import type { Operation } from "./operation.ts";
import { contentTypeOf } from "./protocol.ts";
import type { Protocol } from "./protocol.ts";
import { writeText } from "./scalar-text.ts";
import type { Members, Shape } from "./shape.ts";
import { writeXmlDocument } from "./xml-codec.ts";
import { escapeXml } from "./xml-text.ts";

/** A response before the frame's own headers. Text is UTF-8. */
export interface WireResponse {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Record<string, string>;
  readonly body: string | Uint8Array | AsyncIterable<Uint8Array> | undefined;
}

export interface OutputTraits {
  readonly protocol: Protocol;
  readonly xmlNamespace?: string | undefined;
}

export type OutputWriter = (output: unknown, requestId: string) => WireResponse;
type Output = Readonly<Record<string, unknown>>;
type BodyWriter = (output: Output, requestId: string) => WireResponse["body"];

/** Prepares the encoder of an operation's output. */
export function compileOutput(operation: Operation, traits: OutputTraits): OutputWriter {
  const status = operation.http?.status ?? 200;
  const contentType = contentTypeOf(traits.protocol);
  const writeBody = compileBody(operation, traits);
  const writeHeaders = compileHeaders(operation.output);
  const statusName = memberIn(operation.output, "status");
  const typed = memberIn(operation.output, "payload") === undefined;
  return (output, requestId) => {
    const headers: Record<string, string> = {};
    if (output instanceof ReadyBody) {
      headers["content-type"] = contentType;
      return { status, headers, body: output.bytes };
    }
    const record = (output ?? {}) as Output;
    const body = writeBody(record, requestId);
    if (typed && body !== undefined) headers["content-type"] = contentType;
    writeHeaders?.(record, headers);
    const own = statusName === undefined ? undefined : record[statusName];
    return { status: typeof own === "number" ? own : status, headers, body };
  };
}

function memberIn(members: Members, place: string): string | undefined {
  return Object.keys(members).find((name) => members[name]?.traits.in === place);
}

type HeaderWriter = (output: Output, headers: Record<string, string>) => void;

/** A member that travels in a header, or in all those that begin with a name. */
interface HeaderMember {
  readonly name: string;
  readonly wire: string;
  readonly shape: Shape;
  readonly isMap: boolean;
}

/** One list and one loop: most members of most answers are not there. */
function compileHeaders(members: Members): HeaderWriter | undefined {
  const inHeaders: HeaderMember[] = [];
  for (const [name, shape] of Object.entries(members)) {
    const { in: place, name: wire = name } = shape.traits;
    if (place !== "header" && place !== "headers") continue;
    inHeaders.push({ name, wire, shape, isMap: place === "headers" });
  }
  if (inHeaders.length === 0) return undefined;
  return (output, headers) => {
    for (const { name, wire, shape, isMap } of inHeaders) {
      const value = output[name];
      if (value === undefined || value === null) continue;
      if (isMap) addHeaders(headers, wire, value as Readonly<Record<string, string>>);
      else headers[wire] = typeof value === "string" ? value : headerText(shape, value);
    }
  };
}

function addHeaders(
  headers: Record<string, string>,
  prefix: string,
  values: Readonly<Record<string, string>>,
): void {
  for (const [key, value] of Object.entries(values)) headers[prefix + key] = value;
}

function headerText(shape: Shape, value: unknown): string {
  if (shape.kind !== "list") return writeText(shape, value, "rfc822");
  const items = value as readonly unknown[];
  return items.map((item) => writeText(shape.of, item, "rfc822")).join(",");
}

function compileBody(operation: Operation, traits: OutputTraits): BodyWriter {
  switch (traits.protocol) {
    case "json-1.0":
    case "json-1.1":
      return compileJsonBody(operation.output);
    case "ec2-query":
      return compileEc2Body(operation, traits.xmlNamespace);
    case "rest-json":
      return compileRestBody(operation, compileJsonBody);
    case "rest-xml":
      return compileRestBody(operation, (members) => compileXmlBody(operation, members, traits));
  }
}

function compileJsonBody(members: Members): BodyWriter {
  const write = compileJsonWriter(members);
  if (write === undefined) return (output) => JSON.stringify(output);
  return (output) => JSON.stringify(write(output));
}

function compileEc2Body(operation: Operation, namespace: string | undefined): BodyWriter {
  const root = operation.outputRoot ?? `${operation.name}Response`;
  return (value, requestId) => {
    const head = `<requestId>${escapeXml(requestId)}</requestId>`;
    return writeXmlDocument({ root, members: operation.output, value, namespace, head });
  };
}

function compileRestBody(
  operation: Operation,
  compileMembers: (members: Members) => BodyWriter,
): BodyWriter {
  const payload = memberIn(operation.output, "payload");
  const shape = payload === undefined ? undefined : operation.output[payload];
  if (payload !== undefined && shape !== undefined) {
    if (shape.kind !== "structure") return (output) => output[payload] as WireResponse["body"];
    const write = compileMembers(shape.members);
    return (output, requestId) => {
      const value = output[payload];
      return value === undefined ? undefined : write(value as Output, requestId);
    };
  }
  const inBody = bodyMembers(operation.output);
  const names = Object.keys(inBody);
  if (names.length === 0) return () => undefined;
  const write = compileMembers(inBody);
  if (names.length === Object.keys(operation.output).length) return write;
  // What travels in headers must not appear in the body too.
  return (output, requestId) => {
    return write(Object.fromEntries(names.map((name) => [name, output[name]])), requestId);
  };
}

function bodyMembers(members: Members): Members {
  const entries = Object.entries(members);
  return Object.fromEntries(entries.filter(([, shape]) => (shape.traits.in ?? "body") === "body"));
}

function compileXmlBody(
  operation: Operation,
  members: Members,
  { xmlNamespace }: OutputTraits,
): BodyWriter {
  const root = operation.outputRoot ?? `${operation.name}Result`;
  return (value) => writeXmlDocument({ root, members, value, namespace: xmlNamespace });
}
