export { Checksums, checksumAlgorithms, toBase64 } from "./checksum/checksum.ts";
export type { ByteDigest, ChecksumAlgorithm } from "./checksum/checksum.ts";
export { constraintText } from "./constraint-text.ts";
export { compileConstraints } from "./constraints.ts";
export type { InputCheck } from "./constraints.ts";
export { compileInput, formOf, streamsInput } from "./input-codec.ts";
export type { InputReader, RequestParts } from "./input-codec.ts";
export { parseJson } from "./json-codec.ts";
export { ReadyBody, operation } from "./operation.ts";
export type { Declaration, DefineOperation, HttpBinding, Operation } from "./operation.ts";
export { compileOutput } from "./output-codec.ts";
export type { OutputWriter, WireResponse } from "./output-codec.ts";
export { MalformedError, UnsupportedMemberError } from "./problem.ts";
export type { Malformed, Problem, Rule } from "./problem.ts";
export { contentTypeOf } from "./protocol.ts";
export type { Protocol } from "./protocol.ts";
export { parseQuery } from "./query-codec.ts";
export type { QueryParameters } from "./query-codec.ts";
export { decodeBase64 } from "./scalar-text.ts";
export { ServiceError } from "./service-error.ts";
export type { ServiceErrorOptions } from "./service-error.ts";
export {
  blob,
  boolean,
  bytesOut,
  document,
  double,
  integer,
  list,
  long,
  map,
  placed,
  requiredDocument,
  stream,
  string,
  structure,
  timestamp,
  unsupported,
} from "./shape.ts";
export type {
  BodyStream,
  Members,
  Place,
  Shape,
  ShapeKind,
  ShapeNode,
  StructureOf,
  TimestampFormat,
  Traits,
  ValueOf,
} from "./shape.ts";
export { formatTimestamp, parseTimestamp } from "./timestamps.ts";
export { writeXmlDocument } from "./xml-codec.ts";
export type { XmlDocument } from "./xml-codec.ts";
export { parseXml } from "./xml-parser.ts";
export type { XmlElement } from "./xml-parser.ts";
export { escapeXml } from "./xml-text.ts";
