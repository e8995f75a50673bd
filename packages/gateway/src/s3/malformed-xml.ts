import { isUtf8 } from "node:buffer";
import { ServiceError, parseXml } from "@firn/wire";
import type { XmlElement } from "@firn/wire";

/** What S3 says to a document that it cannot read. */
export function malformedXml(): ServiceError {
  return new ServiceError(
    "MalformedXML",
    400,
    "The XML you provided was not well-formed or did not validate against our published schema",
  );
}

/** The root element of a document, which must have that name. @throws MalformedXML. */
export function readDocument(body: Uint8Array, root: string): XmlElement {
  if (!isUtf8(body)) throw malformedXml();
  const element = parseXml(Buffer.from(body.buffer, body.byteOffset, body.length).toString());
  if (element.name !== root) throw malformedXml();
  return element;
}

/** The text of the one child of that name, or `undefined`. */
export function childText(element: XmlElement, name: string): string | undefined {
  const found = element.children.filter((child) => child.name === name);
  if (found.length > 1) throw malformedXml();
  return found[0]?.text;
}
