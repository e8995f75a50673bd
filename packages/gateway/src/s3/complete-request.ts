import type { CompletedPart } from "@firn/objects";
import type { XmlElement } from "@firn/wire";
import { childText, malformedXml, readDocument } from "./malformed-xml.ts";

/** The parts that a CompleteMultipartUpload names. @throws ServiceError MalformedXML. */
export function readCompleteRequest(body: Uint8Array): CompletedPart[] {
  const root = readDocument(body, "CompleteMultipartUpload");
  return root.children.filter((child) => child.name === "Part").map(readPart);
}

function readPart(element: XmlElement): CompletedPart {
  const number = childText(element, "PartNumber")?.trim() ?? "";
  const eTag = childText(element, "ETag");
  if (!/^\d{1,9}$/.test(number) || eTag === undefined) throw malformedXml();
  const checksum = element.children.find((child) => child.name.startsWith("Checksum"));
  return { partNumber: Number(number), eTag, checksum: checksum?.text.trim() };
}
