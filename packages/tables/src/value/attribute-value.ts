/**
 * A value as DynamoDB's API writes it: one member, named by its type. Numbers are decimal text in
 * canonical form, binaries base64 text: ready to be sent, and never a JavaScript number.
 */
export type AttributeValue =
  | { readonly S: string }
  | { readonly N: string }
  | { readonly B: string }
  | { readonly BOOL: boolean }
  | { readonly NULL: true }
  | { readonly SS: readonly string[] }
  | { readonly NS: readonly string[] }
  | { readonly BS: readonly string[] }
  | { readonly L: readonly AttributeValue[] }
  | { readonly M: AttributeMap };

export type AttributeType = "S" | "N" | "B" | "BOOL" | "NULL" | "SS" | "NS" | "BS" | "L" | "M";

/** Attributes by name: read with `attribute`, set with `setAttribute`, for `__proto__` is one. */
export type AttributeMap = Readonly<Record<string, AttributeValue>>;

/** The attribute of that name; never anything inherited. */
export function attribute(map: AttributeMap, name: string): AttributeValue | undefined {
  return Object.hasOwn(map, name) ? map[name] : undefined;
}

/** Sets an own property, whatever its name: assigning to `__proto__` would set the prototype. */
export function setAttribute<T>(map: Record<string, T>, name: string, value: T): void {
  if (name === "__proto__") {
    Object.defineProperty(map, name, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  } else {
    map[name] = value;
  }
}

/** The one type that a checked value has. */
export function typeOf(value: AttributeValue): AttributeType {
  for (const type in value) return type as AttributeType;
  throw new TypeError("an attribute value has no type");
}

/** The content of a value if it is of that type. */
export function contentOf(value: AttributeValue, type: "S" | "N" | "B"): string | undefined;
export function contentOf(
  value: AttributeValue,
  type: "SS" | "NS" | "BS",
): readonly string[] | undefined;
export function contentOf(value: AttributeValue, type: AttributeType): unknown;
export function contentOf(value: AttributeValue, type: AttributeType): unknown {
  return (value as Readonly<Record<string, unknown>>)[type];
}

/** Makes a value of a type that is only known when the program runs. */
export function tagged(type: AttributeType, content: unknown): AttributeValue {
  return { [type]: content } as unknown as AttributeValue;
}

/** UTF-8 as text, without a buffer around it. */
export function textOf(bytes: Uint8Array): string {
  return Buffer.prototype.utf8Slice.call(bytes, 0, bytes.length);
}

/** Attribute values from JSON text of ours. Safe for every name: JSON.parse defines, never sets. */
export function parseItem(text: Uint8Array): AttributeMap {
  return JSON.parse(textOf(text)) as AttributeMap;
}
