import type { Soon } from "@firn/core";
import type { BucketRequest } from "../bucket-types.ts";
import { BucketSettings } from "../bucket-settings.ts";
import type { TaggedVersion } from "../tag-types.ts";
import type * as access from "./access-types.ts";
import * as buckets from "./bucket-access.ts";
import { findObjectAccess, getObjectAccess, putObjectAcl } from "./object-access.ts";

/** The calls of an object store that read and change who may do what. */
export abstract class AccessSettings extends BucketSettings {
  /** Cheap, and mostly at once (errors too): of a record that most calls read anyway. */
  getBucketAccess(request: BucketRequest): Soon<access.BucketAccess> {
    return buckets.getBucketAccess(this.opened(), request);
  }

  /** `undefined` when there is no such version, or it is a delete marker. */
  async findObjectAccess(
    request: access.ObjectAccessRequest,
  ): Promise<access.ObjectAccess | undefined> {
    return await findObjectAccess(this.opened(), request);
  }

  /** @throws FIRN_OBJECT_NOT_FOUND, FIRN_OBJECT_VERSION_NOT_FOUND, FIRN_OBJECT_DELETE_MARKER. */
  async getObjectAccess(request: access.ObjectAccessRequest): Promise<access.ObjectAccess> {
    return await getObjectAccess(this.opened(), request);
  }

  /** @throws as `getObjectAccess`, and FIRN_OBJECT_ARGUMENT_INVALID above 100 grants. */
  async putObjectAcl(request: access.PutObjectAclRequest): Promise<TaggedVersion> {
    return await putObjectAcl(this.opened(), request);
  }

  /** @throws FIRN_OBJECT_ARGUMENT_INVALID above 100 grants. */
  async putBucketAcl(request: access.PutBucketAclRequest): Promise<void> {
    await buckets.putBucketAcl(this.opened(), request);
  }

  /** @throws FIRN_BUCKET_OWNERSHIP_NOT_FOUND. */
  async getBucketOwnershipControls(request: BucketRequest): Promise<access.ObjectOwnership> {
    return await buckets.getBucketOwnershipControls(this.opened(), request);
  }

  async putBucketOwnershipControls(
    request: access.PutBucketOwnershipControlsRequest,
  ): Promise<void> {
    await buckets.putBucketOwnershipControls(this.opened(), request);
  }

  async deleteBucketOwnershipControls(request: BucketRequest): Promise<void> {
    await buckets.deleteBucketOwnershipControls(this.opened(), request);
  }

  /** @throws FIRN_BUCKET_ACCESS_BLOCK_NOT_FOUND. */
  async getPublicAccessBlock(request: BucketRequest): Promise<access.PublicAccessBlock> {
    return await buckets.getPublicAccessBlock(this.opened(), request);
  }

  async putPublicAccessBlock(request: access.PutPublicAccessBlockRequest): Promise<void> {
    await buckets.putPublicAccessBlock(this.opened(), request);
  }

  async deletePublicAccessBlock(request: BucketRequest): Promise<void> {
    await buckets.deletePublicAccessBlock(this.opened(), request);
  }

  /** @throws FIRN_BUCKET_POLICY_NOT_FOUND. */
  async getBucketPolicy(request: BucketRequest): Promise<access.BucketPolicy> {
    return await buckets.getBucketPolicy(this.opened(), request);
  }

  /** @throws FIRN_OBJECT_ARGUMENT_INVALID above 20 KiB. */
  async putBucketPolicy(request: access.PutBucketPolicyRequest): Promise<void> {
    await buckets.putBucketPolicy(this.opened(), request);
  }

  async deleteBucketPolicy(request: BucketRequest): Promise<void> {
    await buckets.deleteBucketPolicy(this.opened(), request);
  }

  /** @throws FIRN_BUCKET_CORS_NOT_FOUND. */
  async getBucketCors(request: BucketRequest): Promise<readonly access.CorsRule[]> {
    return await buckets.getBucketCors(this.opened(), request);
  }

  /** @throws FIRN_OBJECT_ARGUMENT_INVALID unless there are 1 to 100 rules. */
  async putBucketCors(request: access.PutBucketCorsRequest): Promise<void> {
    await buckets.putBucketCors(this.opened(), request);
  }

  async deleteBucketCors(request: BucketRequest): Promise<void> {
    await buckets.deleteBucketCors(this.opened(), request);
  }
}
