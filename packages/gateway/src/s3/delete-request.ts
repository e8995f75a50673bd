import type { ObjectToDelete } from "@firn/objects";
import { notImplemented } from "./access.ts";
import { childText, malformedXml, readDocument } from "./malformed-xml.ts";

export interface DeleteRequest {
  readonly objects: readonly ObjectToDelete[];
  /** Answer with the failures only. */
  readonly quiet: boolean;
}

/** Keys of one request: S3's limit. */
const OBJECTS_MAX = 1000;

/** @throws ServiceError MalformedXML, NotImplemented for conditions on time and size. */
export function readDeleteRequest(body: Uint8Array): DeleteRequest {
  const root = readDocument(body, "Delete");
  const objects = root.children
    .filter((child) => child.name === "Object")
    .map((child) => {
      const key = childText(child, "Key");
      if (key === undefined) throw malformedXml();
      const timed = childText(child, "LastModifiedTime") ?? childText(child, "Size");
      if (timed !== undefined) throw notImplemented("Delete");
      // Clients write an empty element where they have no version to name.
      const versionId = childText(child, "VersionId")?.trim() || undefined;
      return { key, versionId, eTag: childText(child, "ETag") };
    });
  if (objects.length === 0 || objects.length > OBJECTS_MAX) throw malformedXml();
  return { objects, quiet: childText(root, "Quiet")?.trim() === "true" };
}
