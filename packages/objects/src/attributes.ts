import type { Acl } from "./access/access-types.ts";
import { checkAcl } from "./access/bucket-access.ts";
import { CONTENT_HEADERS_BYTES_MAX, METADATA_BYTES_MAX } from "./constants.ts";
import { objectError } from "./errors.ts";
import type { ContentHeaders } from "./layout/records.ts";
import { isStorageClass } from "./lifecycle/storage-classes.ts";
import type { StorageClass } from "./lifecycle/storage-classes.ts";
import type { ObjectAttributes } from "./object-types.ts";
import { OBJECT_TAGS, checkTags } from "./tags.ts";
import type { Tags } from "./tags.ts";
import { checkWebsiteRedirect } from "./website/bucket-website.ts";

/** What is kept beside an object's bytes, checked. */
export interface CheckedAttributes {
  readonly headers: ContentHeaders;
  readonly metadata: Readonly<Record<string, string>>;
  readonly storageClass: StorageClass;
  readonly websiteRedirect: string | undefined;
  readonly tags: Tags | undefined;
  readonly owner: string | undefined;
  readonly acl: Acl | undefined;
}

/**
 * @throws FIRN_OBJECT_METADATA_TOO_LARGE, FIRN_OBJECT_STORAGE_CLASS_INVALID, FIRN_TAG_INVALID,
 * FIRN_OBJECT_REDIRECT_INVALID.
 */
export function checkAttributes(request: ObjectAttributes): CheckedAttributes {
  const headers: Record<string, string> = {};
  for (const name of HEADER_NAMES) {
    const value = request[name];
    if (value !== undefined) headers[name] = value;
  }
  checkBytes(headers, CONTENT_HEADERS_BYTES_MAX);
  return {
    headers,
    metadata: request.metadata === undefined ? {} : checkMetadata(request.metadata),
    storageClass: checkStorageClass(request.storageClass),
    websiteRedirect: checkWebsiteRedirect(request.websiteRedirectLocation),
    tags: checkTags(request.tags, OBJECT_TAGS),
    owner: request.owner,
    acl: request.acl && checkAcl(request.acl),
  };
}

const HEADER_NAMES: readonly (keyof ContentHeaders)[] = [
  "cacheControl",
  "contentDisposition",
  "contentEncoding",
  "contentLanguage",
  "contentType",
  "expires",
];

function checkMetadata(metadata: Readonly<Record<string, string>>): Record<string, string> {
  const kept = Object.fromEntries(
    Object.entries(metadata).map(([name, value]) => [name.toLowerCase(), value]),
  );
  checkBytes(kept, METADATA_BYTES_MAX);
  return kept;
}

function checkBytes(headers: object, maxSizeAllowed: number): void {
  let size = 0;
  for (const [name, value] of Object.entries(headers)) {
    size += Buffer.byteLength(name) + Buffer.byteLength(String(value));
  }
  if (size <= maxSizeAllowed) return;
  throw objectError(
    "FIRN_OBJECT_METADATA_TOO_LARGE",
    "Your metadata headers exceed the maximum allowed metadata size",
    { detail: { size, maxSizeAllowed } },
  );
}

function checkStorageClass(storageClass: string = "STANDARD"): StorageClass {
  if (isStorageClass(storageClass)) return storageClass;
  throw objectError(
    "FIRN_OBJECT_STORAGE_CLASS_INVALID",
    "The storage class you specified is not valid",
    { detail: { storageClass } },
  );
}
