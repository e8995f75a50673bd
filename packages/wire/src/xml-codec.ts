import { memberPath } from "./problem.ts";
import { readText, writeText } from "./scalar-text.ts";
import type { Members, Shape, ShapeNode } from "./shape.ts";
import type { XmlElement } from "./xml-parser.ts";
import { escapeXml } from "./xml-text.ts";

/** Reads the members of a structure from an element; what is not declared is skipped. */
export function readXmlMembers(
  members: Members,
  element: XmlElement,
  path: string,
): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [name, shape] of Object.entries(members)) {
    const wire = shape.traits.name ?? name;
    const value = readXmlMember(shape, { element, wire, path: memberPath(path, name) });
    if (value !== undefined) out[name] = value;
  }
  return out;
}

interface XmlPlace {
  readonly element: XmlElement;
  readonly wire: string;
  readonly path: string;
}

function readXmlMember(shape: Shape, { element, wire, path }: XmlPlace): unknown {
  if (shape.traits.in === "attribute") {
    const text = element.attributes.get(wire);
    return text === undefined ? undefined : readText(shape, text, path);
  }
  const found = element.children.filter((child) => child.name === wire);
  if (shape.kind === "list" && shape.traits.flat === true) {
    if (found.length === 0) return undefined;
    return found.map((child, i) => readXml(shape.of, child, `${path}.${i + 1}.member`));
  }
  const child = found.at(-1);
  return child === undefined ? undefined : readXml(shape, child, path);
}

/** Reads one value from the element that holds it. */
export function readXml(shape: Shape, element: XmlElement, path: string): unknown {
  switch (shape.kind) {
    case "structure":
      return readXmlMembers(shape.members, element, path);
    case "list":
      return element.children.map((child, i) => {
        return readXml(shape.of, child, `${path}.${i + 1}.member`);
      });
    default:
      return readText(shape, element.text, path);
  }
}

export interface XmlDocument {
  readonly root: string;
  readonly members: Members;
  readonly value: Readonly<Record<string, unknown>>;
  readonly namespace?: string | undefined;
  /** XML to stand before the members: EC2's requestId. */
  readonly head?: string | undefined;
}

/** A whole response document, members in the order of their declaration. */
export function writeXmlDocument(document: XmlDocument): string {
  const { root, members, value, namespace, head = "" } = document;
  const xmlns = namespace === undefined ? "" : ` xmlns="${escapeXml(namespace)}"`;
  const inner = writeXmlMembers(members, value);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root}${xmlns}>${head}${inner}</${root}>`;
}

function writeXmlMembers(members: Members, value: Readonly<Record<string, unknown>>): string {
  let out = "";
  for (const [name, shape] of Object.entries(members)) {
    const member = value[name];
    const place = shape.traits.in ?? "body";
    if (member === undefined || member === null || place !== "body") continue;
    out += writeXml(shape, shape.traits.name ?? name, member);
  }
  return out;
}

function writeXml(shape: Shape, name: string, value: unknown): string {
  switch (shape.kind) {
    case "structure": {
      const record = value as Readonly<Record<string, unknown>>;
      const attributes = writeAttributes(shape, record);
      return `<${name}${attributes}>${writeXmlMembers(shape.members, record)}</${name}>`;
    }
    case "list": {
      const { flat = false, item = "member" } = shape.traits;
      let out = "";
      for (const one of value as readonly unknown[]) {
        out += writeXml(shape.of, flat ? name : item, one);
      }
      return flat ? out : `<${name}>${out}</${name}>`;
    }
    default:
      return `<${name}>${escapeXml(writeText(shape, value, "iso8601"))}</${name}>`;
  }
}

function writeAttributes(
  shape: ShapeNode & { readonly kind: "structure" },
  value: Readonly<Record<string, unknown>>,
): string {
  const { namespace } = shape.traits;
  let out = namespace === undefined ? "" : ` xmlns:${namespace.prefix}="${namespace.uri}"`;
  for (const [name, member] of Object.entries(shape.members)) {
    const one = value[name];
    if (member.traits.in !== "attribute" || one === undefined) continue;
    out += ` ${member.traits.name ?? name}="${escapeXml(writeText(member, one, "iso8601"))}"`;
  }
  return out;
}
