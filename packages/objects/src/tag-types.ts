import type { BucketRequest } from "./bucket-types.ts";
import type { ObjectRequest } from "./object-types.ts";
import type { Tags } from "./tags.ts";

export interface ObjectTaggingRequest extends ObjectRequest {
  /** Default: the current version. */
  readonly versionId?: string | undefined;
}

export interface PutObjectTaggingRequest extends ObjectTaggingRequest {
  /** In place of all that were there; at most 10. */
  readonly tags: Tags;
}

export interface TaggedVersion {
  /** In a bucket whose versioning was ever on. */
  readonly versionId?: string | undefined;
}

export interface ObjectTagging extends TaggedVersion {
  /** By name in order. */
  readonly tags: Tags;
}

export interface PutBucketTaggingRequest extends BucketRequest {
  /** In place of all that were there; at most 50. */
  readonly tags: Tags;
}
