import type { BucketRequest } from "./bucket-types.ts";
import type { VersioningState } from "./layout/records.ts";
import type { ListedObject } from "./object-types.ts";

export interface PutBucketVersioningRequest extends BucketRequest {
  /** Once on, versioning can be suspended but not undone. */
  readonly status: VersioningState;
}

export interface BucketVersioning {
  /** `undefined`: never switched on. */
  readonly status?: VersioningState | undefined;
}

export interface ListObjectVersionsRequest extends BucketRequest {
  readonly prefix?: string | undefined;
  readonly delimiter?: string | undefined;
  /** Versions and common prefixes of a page, 0 to 1000, default 1000. */
  readonly maxKeys?: number | undefined;
  /** Only versions of keys behind this one, or of this one behind `versionIdMarker`. */
  readonly keyMarker?: string | undefined;
  readonly versionIdMarker?: string | undefined;
}

interface AnyVersion {
  readonly key: string;
  readonly versionId: string;
  /** What a read without a version's id meets. */
  readonly isLatest: boolean;
  readonly lastModified: Date;
}

export type ListedVersion =
  | (AnyVersion & ListedObject & { readonly deleteMarker: false })
  | (AnyVersion & { readonly deleteMarker: true });

export interface VersionsPage {
  /** By key in byte order, then newest first. */
  readonly versions: readonly ListedVersion[];
  readonly commonPrefixes: readonly string[];
  readonly isTruncated: boolean;
  readonly nextKeyMarker?: string | undefined;
  readonly nextVersionIdMarker?: string | undefined;
  readonly owner: string;
}
