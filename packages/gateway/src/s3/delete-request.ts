import { notImplemented } from "./access.ts";
import { childText, malformedXml, readDocument } from "./malformed-xml.ts";

export interface DeleteRequest {
  readonly objects: readonly { readonly key: string; readonly eTag?: string | undefined }[];
  /** Answer with the failures only. */
  readonly quiet: boolean;
}

/** Keys of one request: S3's limit. */
const OBJECTS_MAX = 1000;

/** @throws ServiceError MalformedXML, NotImplemented for versions. */
export function readDeleteRequest(body: Uint8Array): DeleteRequest {
  const root = readDocument(body, "Delete");
  const objects = root.children
    .filter((child) => child.name === "Object")
    .map((child) => {
      const key = childText(child, "Key");
      if (key === undefined) throw malformedXml();
      const versionId = childText(child, "VersionId") ?? "null";
      const timed = childText(child, "LastModifiedTime") ?? childText(child, "Size");
      if (versionId !== "null" || timed !== undefined) throw notImplemented("Delete");
      return { key, eTag: childText(child, "ETag") };
    });
  if (objects.length === 0 || objects.length > OBJECTS_MAX) throw malformedXml();
  return { objects, quiet: childText(root, "Quiet")?.trim() === "true" };
}
