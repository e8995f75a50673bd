import { SaxesParser } from "saxes";
import { XML_DEPTH_MAX, XML_ELEMENTS_MAX } from "./constants.ts";
import { MalformedError } from "./problem.ts";

/** An element of a request body. Names are local: prefixes are dropped, as AWS drops them. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** The character data directly inside it, CDATA included. */
  readonly text: string;
}

interface OpenElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: XmlElement[];
  text: string;
}

/**
 * Parses one document strictly. Document types are refused, so no entity beyond the five of XML
 * can be declared, let alone expand; depth and number of elements are bounded.
 * @throws MalformedError `syntax`.
 */
export function parseXml(text: string): XmlElement {
  const builder = new TreeBuilder();
  const parser = new SaxesParser({ xmlns: false, position: false, fragment: false });
  const refuse = (): never => {
    throw new MalformedError({ kind: "syntax", path: "" });
  };
  parser.on("error", refuse);
  parser.on("doctype", refuse);
  parser.on("opentag", (tag) => builder.open(tag.name, tag.attributes));
  parser.on("text", (chars) => builder.append(chars));
  parser.on("cdata", (chars) => builder.append(chars));
  parser.on("closetag", () => builder.close());
  parser.write(text).close();
  return builder.root ?? refuse();
}

class TreeBuilder {
  root: XmlElement | undefined;
  readonly #open: OpenElement[] = [];
  #count = 0;

  open(name: string, attributes: Readonly<Record<string, string>>): void {
    this.#count++;
    if (this.#open.length >= XML_DEPTH_MAX || this.#count > XML_ELEMENTS_MAX) {
      throw new MalformedError({ kind: "syntax", path: "" });
    }
    const named = new Map<string, string>();
    for (const [key, value] of Object.entries(attributes)) named.set(key, value);
    this.#open.push({ name: localName(name), attributes: named, children: [], text: "" });
  }

  append(chars: string): void {
    const top = this.#open.at(-1);
    if (top !== undefined) top.text += chars;
  }

  close(): void {
    const element = this.#open.pop();
    if (element === undefined) return;
    const parent = this.#open.at(-1);
    if (parent === undefined) this.root = element;
    else parent.children.push(element);
  }
}

function localName(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}
