export { ReadyBody, operation } from "./operation.ts";
export type { Declaration, DefineOperation, HttpBinding, Operation } from "./operation.ts";
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
