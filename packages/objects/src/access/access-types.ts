import type { BucketRequest } from "../bucket-types.ts";
import type { ObjectRequest } from "../object-types.ts";
import type { Tags } from "../tags.ts";

/**
 * What a store keeps of who may do what. It decides nothing: whoever takes requests of others
 * (the gateway) does, before it calls the store.
 */

export type Permission = "FULL_CONTROL" | "READ" | "WRITE" | "READ_ACP" | "WRITE_ACP";

/** `AllUsers`: strangers too; `AuthenticatedUsers`: everybody with an account. */
export type GranteeGroup = "AllUsers" | "AuthenticatedUsers" | "LogDelivery";

export interface Grant {
  /** A canonical id, or a group. */
  readonly grantee: { readonly id: string } | { readonly group: GranteeGroup };
  readonly permission: Permission;
}

/** An access control list. `undefined` where one may stand: the owner alone, with full control. */
export type Acl = readonly Grant[];

/**
 * Whose the objects of a bucket are. `BucketOwnerEnforced`: the bucket owner's, and lists count for
 * nothing; `BucketOwnerPreferred`: the bucket owner's when the writer grants it full control,
 * `ObjectWriter`: the writer's. `undefined`: nobody has said; as `ObjectWriter`.
 */
export type ObjectOwnership = "BucketOwnerEnforced" | "BucketOwnerPreferred" | "ObjectWriter";

export interface PublicAccessBlock {
  /** Lists that let the public in are refused. */
  readonly blockPublicAcls: boolean;
  /** Grants to the public count for nothing. */
  readonly ignorePublicAcls: boolean;
  /** Policies that let the public in are refused. */
  readonly blockPublicPolicy: boolean;
  /** While the policy lets the public in, the bucket owner's account alone comes in. */
  readonly restrictPublicBuckets: boolean;
}

/** What is known of a bucket before anybody is let in. */
export interface BucketAccess {
  /** The owner's account id. */
  readonly owner: string;
  readonly region: string;
  readonly acl?: Acl | undefined;
  readonly objectOwnership?: ObjectOwnership | undefined;
  readonly publicAccessBlock?: PublicAccessBlock | undefined;
  /** Other accounts must say that they pay. */
  readonly requesterPays?: true | undefined;
  /** Changes with the policy; `undefined`: there is none. */
  readonly policyStamp?: string | undefined;
  /** Changes with the CORS configuration; `undefined`: there is none. */
  readonly corsStamp?: string | undefined;
}

/** What is known of one version before anybody is let in. */
export interface ObjectAccess {
  /** The owner's account id. */
  readonly owner: string;
  readonly acl?: Acl | undefined;
  readonly tags?: Tags | undefined;
  /** In quotes. */
  readonly eTag: string;
  readonly lastModified: Date;
  /** In a bucket whose versioning was ever on. */
  readonly versionId?: string | undefined;
}

export interface BucketPolicy {
  /** JSON, as it was put. */
  readonly policy: string;
  /** It binds the owner's root too, as whoever put it has confirmed. */
  readonly confirmed: boolean;
}

export interface PutBucketPolicyRequest extends BucketRequest {
  /** At most 20 KiB. Kept as it is: whoever lets others put policies checks them. */
  readonly policy: string;
  /** Default false. */
  readonly confirmed?: boolean | undefined;
}

export interface PutBucketAclRequest extends BucketRequest {
  readonly acl: Acl;
}

export interface PutBucketOwnershipControlsRequest extends BucketRequest {
  readonly objectOwnership: ObjectOwnership;
}

export interface PutPublicAccessBlockRequest extends BucketRequest {
  readonly publicAccessBlock: PublicAccessBlock;
}

export interface CorsRule {
  readonly id?: string | undefined;
  readonly allowedMethods: readonly string[];
  /** With one `*` at the most. */
  readonly allowedOrigins: readonly string[];
  readonly allowedHeaders?: readonly string[] | undefined;
  readonly exposeHeaders?: readonly string[] | undefined;
  readonly maxAgeSeconds?: number | undefined;
}

export interface PutBucketCorsRequest extends BucketRequest {
  /** 1 to 100; the first that fits a request counts. */
  readonly rules: readonly CorsRule[];
}

export interface ObjectAccessRequest extends ObjectRequest {
  /** Default: the current version. */
  readonly versionId?: string | undefined;
}

export interface PutObjectAclRequest extends ObjectAccessRequest {
  readonly acl: Acl;
}
