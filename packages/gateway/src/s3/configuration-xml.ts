import { ReadyBody, escapeXml } from "@firn/wire";
import type { XmlElement } from "@firn/wire";
import { childText, malformedXml } from "./malformed-xml.ts";
import { S3_NAMESPACE } from "./namespace.ts";

/** Documents that configure buckets, read strictly and written as S3 writes them. */

export type XmlValue =
  | string
  | number
  | boolean
  | undefined
  | XmlMembers
  | readonly (string | XmlMembers)[];

/** Elements by name, in order; a list is an element for each of its members. */
export interface XmlMembers {
  readonly [name: string]: XmlValue;
}

/** A whole answer. */
export function documentBody(root: string, members: XmlMembers): ReadyBody {
  return new ReadyBody(documentText(root, members));
}

export function documentText(root: string, members: XmlMembers): string {
  return (
    `<?xml version="1.0" encoding="UTF-8"?>\n` +
    `<${root} xmlns="${S3_NAMESPACE}">${writeMembers(members)}</${root}>`
  );
}

function writeMembers(members: XmlMembers): string {
  return Object.entries(members)
    .map(([name, value]) => writeValue(name, value))
    .join("");
}

function writeValue(name: string, value: XmlValue): string {
  if (value === undefined) return "";
  if (Array.isArray(value)) {
    const elements: readonly (string | XmlMembers)[] = value;
    return elements.map((one) => writeValue(name, one)).join("");
  }
  if (typeof value === "object") return `<${name}>${writeMembers(value as XmlMembers)}</${name}>`;
  return `<${name}>${escapeXml(String(value))}</${name}>`;
}

/** The one child of that name, or `undefined`. @throws MalformedXML when there are several. */
export function optionalChild(element: XmlElement, name: string): XmlElement | undefined {
  const found = childrenOf(element, name);
  if (found.length > 1) throw malformedXml();
  return found[0];
}

/** @throws MalformedXML when there is none. */
export function requiredChild(element: XmlElement, name: string): XmlElement {
  const found = optionalChild(element, name);
  if (found === undefined) throw malformedXml();
  return found;
}

export function childrenOf(element: XmlElement, name: string): XmlElement[] {
  return element.children.filter((child) => child.name === name);
}

/** @throws MalformedXML when there is none, or it is not one of `values`. */
export function requiredText<T extends string>(
  element: XmlElement,
  name: string,
  values?: readonly T[],
): T {
  const text = optionalText(element, name, values);
  if (text === undefined) throw malformedXml();
  return text;
}

export function optionalText<T extends string>(
  element: XmlElement,
  name: string,
  values?: readonly T[],
): T | undefined {
  const text = childText(element, name)?.trim();
  if (text === undefined) return undefined;
  if (values !== undefined && !values.some((value) => value === text)) throw malformedXml();
  return text as T;
}

/** A whole number. @throws MalformedXML for anything else. */
export function optionalCount(element: XmlElement, name: string): number | undefined {
  const text = childText(element, name)?.trim();
  if (text === undefined) return undefined;
  if (!/^-?\d{1,15}$/.test(text)) throw malformedXml();
  return Number(text);
}

export function optionalFlag(element: XmlElement, name: string): boolean | undefined {
  const text = optionalText(element, name, ["true", "false"]);
  return text === undefined ? undefined : text === "true";
}
