import type { ObjectToDelete } from "@firn/objects";
import { parseTimestamp } from "@firn/wire";
import type { XmlElement } from "@firn/wire";
import { optionalCount } from "./configuration-xml.ts";
import { childText, malformedXml, readDocument } from "./malformed-xml.ts";

export interface DeleteRequest {
  readonly objects: readonly ObjectToDelete[];
  /** Answer with the failures only. */
  readonly quiet: boolean;
}

/** Keys of one request: S3's limit. */
const OBJECTS_MAX = 1000;

/** @throws ServiceError MalformedXML. */
export function readDeleteRequest(body: Uint8Array): DeleteRequest {
  const root = readDocument(body, "Delete");
  const objects = root.children
    .filter((child) => child.name === "Object")
    .map((child) => {
      const key = childText(child, "Key");
      if (key === undefined) throw malformedXml();
      const ifMatchSize = optionalCount(child, "Size");
      // Clients write an empty element where they have no version to name.
      const versionId = childText(child, "VersionId")?.trim() || undefined;
      const eTag = childText(child, "ETag");
      return { key, versionId, eTag, ifMatchSize, ifMatchLastModifiedTime: readTime(child) };
    });
  if (objects.length === 0 || objects.length > OBJECTS_MAX) throw malformedXml();
  return { objects, quiet: childText(root, "Quiet")?.trim() === "true" };
}

function readTime(element: XmlElement): Date | undefined {
  const text = childText(element, "LastModifiedTime")?.trim();
  if (text === undefined) return undefined;
  const time = parseTimestamp(text);
  if (time === undefined) throw malformedXml();
  return new Date(time);
}
