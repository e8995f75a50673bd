/**
 * What a member of an input or an output is and where it travels. A shape is a plain value: codecs,
 * constraint checks and the compatibility tables read it, and handlers get their types from it.
 *
 * Values as handlers see them: timestamps are milliseconds since 1970 UTC, blobs `Uint8Array`,
 * lists arrays, maps plain objects without a prototype, streams `BodyStream`.
 */

/**
 * Where a member travels. `body` (the default): a member of the JSON, XML or form body; `payload`:
 * the whole body is this one member; `headers`: all headers that begin with `name`, as a map;
 * `status`: the HTTP status (outputs only); `attribute`: an XML attribute of the parent element.
 */
export type Place =
  | "body"
  | "path"
  | "query"
  | "header"
  | "headers"
  | "payload"
  | "status"
  | "attribute";

export interface Traits {
  /** Absence is refused by the service's own error, and the handler sees a value. Default false. */
  readonly required?: boolean | undefined;
  /** The name on the wire where it differs from the member's. */
  readonly name?: string | undefined;
  /** Default `body`. */
  readonly in?: Place | undefined;
}

export interface StringTraits extends Traits {
  /** Fewest and most characters. */
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  /** A regular expression over the whole value, written as the service prints it. */
  readonly pattern?: string | undefined;
  /** The allowed values, in the order in which the service prints them. */
  readonly values?: readonly string[] | undefined;
}

export interface NumberTraits extends Traits {
  /** Least and greatest value. */
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

/** `epoch`: seconds as a number; `iso8601`: 2026-11-24T08:30:00.000Z; `rfc822`: HTTP's dates. */
export type TimestampFormat = "epoch" | "iso8601" | "rfc822";

export interface TimestampTraits extends Traits {
  /** Default: `rfc822` in headers, `epoch` in JSON, `iso8601` in XML and queries. */
  readonly format?: TimestampFormat | undefined;
}

export interface BlobTraits extends Traits {
  /** Fewest and most bytes. */
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

export interface ListTraits extends Traits {
  /** Fewest and most elements. */
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  /**
   * XML: elements stand in the parent, without a wrapper. Default false; EC2 inputs are always
   * flat.
   */
  readonly flat?: boolean | undefined;
  /** XML: the name of an element inside the wrapper. Default `member`; EC2 `item`. */
  readonly item?: string | undefined;
}

export interface MapTraits extends Traits {
  /** Fewest and most entries. */
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

export interface StructureTraits extends Traits {
  /** XML: the namespace of this element, when it is not the document's. */
  readonly namespace?: { readonly prefix: string; readonly uri: string } | undefined;
}

export type ShapeNode =
  | { readonly kind: "string"; readonly traits: StringTraits }
  | { readonly kind: "integer" | "long" | "double"; readonly traits: NumberTraits }
  | { readonly kind: "boolean"; readonly traits: Traits }
  | { readonly kind: "timestamp"; readonly traits: TimestampTraits }
  | { readonly kind: "blob"; readonly traits: BlobTraits }
  | { readonly kind: "stream"; readonly traits: Traits }
  | { readonly kind: "document"; readonly traits: Traits }
  | { readonly kind: "unsupported"; readonly traits: Traits }
  | { readonly kind: "list"; readonly traits: ListTraits; readonly of: Shape }
  | { readonly kind: "map"; readonly traits: MapTraits; readonly of: Shape }
  | { readonly kind: "structure"; readonly traits: StructureTraits; readonly members: Members };

export type ShapeKind = ShapeNode["kind"];

/** A shape, with the type that a handler sees (`T`) and whether absence is refused (`R`). */
export type Shape<T = unknown, R extends boolean = boolean> = ShapeNode & {
  /** Read by the compiler only, never set. */
  readonly type?: { readonly value: T; readonly required: R };
};

export type Members = Readonly<Record<string, Shape>>;

/** The type of a shape's values. */
export type ValueOf<S extends Shape> = NonNullable<S["type"]>["value"];

type RequiredNames<M extends Members> = {
  [K in keyof M]: M[K] extends Shape<unknown, true> ? K : never;
}[keyof M];

type Flatten<T> = { readonly [K in keyof T]: T[K] };

/** The type of a structure with these members: what is not required may be absent. */
export type StructureOf<M extends Members> = Flatten<
  { [K in RequiredNames<M>]: ValueOf<M[K]> } & {
    [K in Exclude<keyof M, RequiredNames<M>>]?: ValueOf<M[K]> | undefined;
  }
>;

type IsRequired<T> = T extends { readonly required: true } ? true : false;
type StringOf<T> = T extends { readonly values: readonly (infer V extends string)[] } ? V : string;

/** The bytes of a request as they arrive, decoded (aws-chunked) and verified on the way. */
export interface BodyStream extends AsyncIterable<Uint8Array> {
  /** Decoded length in bytes; `undefined` when the client did not announce it. */
  readonly length: number | undefined;
  /**
   * All of it, once, in the place of an iteration; there when all of it has arrived. @throws what
   * the iteration would.
   */
  readonly takeWhole?: (() => Uint8Array) | undefined;
  /** Trailing headers, lower case; complete when the iteration has ended. */
  readonly trailers: ReadonlyMap<string, string>;
}

export function string<const T extends StringTraits>(
  traits?: T,
): Shape<StringOf<T>, IsRequired<T>> {
  return { kind: "string", traits: traits ?? {} };
}

/** A whole number of 32 bits. */
export function integer<const T extends NumberTraits>(traits?: T): Shape<number, IsRequired<T>> {
  return { kind: "integer", traits: traits ?? {} };
}

/** A whole number of 53 bits: more is refused as malformed. */
export function long<const T extends NumberTraits>(traits?: T): Shape<number, IsRequired<T>> {
  return { kind: "long", traits: traits ?? {} };
}

export function double<const T extends NumberTraits>(traits?: T): Shape<number, IsRequired<T>> {
  return { kind: "double", traits: traits ?? {} };
}

export function boolean<const T extends Traits>(traits?: T): Shape<boolean, IsRequired<T>> {
  return { kind: "boolean", traits: traits ?? {} };
}

/** Milliseconds since 1970 UTC. */
export function timestamp<const T extends TimestampTraits>(
  traits?: T,
): Shape<number, IsRequired<T>> {
  return { kind: "timestamp", traits: traits ?? {} };
}

/** Bytes held in memory; base64 in JSON, XML and queries, raw as a payload. */
export function blob<const T extends BlobTraits>(traits?: T): Shape<Uint8Array, IsRequired<T>> {
  return { kind: "blob", traits: traits ?? {} };
}

/**
 * A payload that is never held in memory whole. As an input it is always there (an absent body is
 * an empty stream); as an output it may be bytes too.
 */
export function stream(traits?: Traits): Shape<BodyStream, true> {
  return { kind: "stream", traits: { ...traits, in: "payload", required: true } };
}

/**
 * An output payload: bytes, or a stream of them. Announce its length in a Content-Length member.
 */
export function bytesOut(traits?: Traits): Shape<Uint8Array | AsyncIterable<Uint8Array>, false> {
  return { kind: "stream", traits: { ...traits, in: "payload" } };
}

/** JSON whose parts the handler checks itself (DynamoDB items). Only a type of `T` is claimed. */
export function document<T = unknown>(traits?: Traits): Shape<T, false> {
  return { kind: "document", traits: traits ?? {} };
}

/** As `document`, refused when absent. */
export function requiredDocument<T = unknown>(traits?: Traits): Shape<T, true> {
  return { kind: "document", traits: { ...traits, required: true } };
}

/**
 * A member of AWS's that Firn does not have: refused by the service's own error when it is sent.
 */
export function unsupported(traits?: Traits): Shape<never, false> {
  return { kind: "unsupported", traits: traits ?? {} };
}

export function list<S extends Shape, const T extends ListTraits>(
  of: S,
  traits?: T,
): Shape<readonly ValueOf<S>[], IsRequired<T>> {
  return { kind: "list", of, traits: traits ?? {} };
}

/** String keys. */
export function map<S extends Shape, const T extends MapTraits>(
  of: S,
  traits?: T,
): Shape<Readonly<Record<string, ValueOf<S>>>, IsRequired<T>> {
  return { kind: "map", of, traits: traits ?? {} };
}

export function structure<const M extends Members, const T extends StructureTraits>(
  members: M,
  traits?: T,
): Shape<StructureOf<M>, IsRequired<T>> {
  return { kind: "structure", members, traits: traits ?? {} };
}

/** A shared shape under other traits: another wire name, another place, required. */
export function placed<T, const R extends Traits>(
  shape: Shape<T>,
  traits: R,
): Shape<T, IsRequired<R>> {
  const node: ShapeNode = shape;
  return { ...node, traits: { ...node.traits, ...traits } } as ShapeNode;
}
