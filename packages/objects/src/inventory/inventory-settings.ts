import type { BucketRequest } from "../bucket-types.ts";
import { deleteAccountQuota, getAccountQuota, putAccountQuota } from "../quota/account-quota.ts";
import { deleteBucketQuota, getBucketQuota, putBucketQuota } from "../quota/bucket-quota.ts";
import type * as quotas from "../quota/quota-types.ts";
import { AccessSettings } from "../access/access-settings.ts";
import {
  deleteBucketInventory,
  getBucketInventory,
  listBucketInventories,
  putBucketInventory,
} from "./bucket-inventory.ts";
import type * as types from "./inventory-types.ts";

/** The calls of an object store about what is in buckets, and how much may be. */
export abstract class InventorySettings extends AccessSettings {
  /**
   * From now on writes that would leave more in the bucket are refused with FIRN_BUCKET_QUOTA,
   * deletes never. Costs a scan of the bucket when it had none.
   * @throws FIRN_OBJECT_ARGUMENT_INVALID.
   */
  async putBucketQuota(request: quotas.PutBucketQuotaRequest): Promise<void> {
    await putBucketQuota(this.opened(), request);
  }

  /** The limits, and what is there; `undefined` when it has none, or is being counted. */
  async getBucketQuota(request: BucketRequest): Promise<quotas.BucketQuota | undefined> {
    return await getBucketQuota(this.opened(), request);
  }

  async deleteBucketQuota(request: BucketRequest): Promise<void> {
    await deleteBucketQuota(this.opened(), request);
  }

  /**
   * From now on writes that would leave more in all buckets of this engine's account are refused
   * with FIRN_ACCOUNT_QUOTA, deletes never. Costs a scan of those that were not counted, and every
   * write a record that all of them share.
   * @throws FIRN_OBJECT_ARGUMENT_INVALID.
   */
  async putAccountQuota(request: quotas.PutAccountQuotaRequest): Promise<void> {
    await putAccountQuota(this.opened(), request);
  }

  /** The limits, and what is there; `undefined` when it has none, or is being counted. */
  async getAccountQuota(): Promise<quotas.AccountQuota | undefined> {
    return await getAccountQuota(this.opened());
  }

  async deleteAccountQuota(): Promise<void> {
    await deleteAccountQuota(this.opened());
  }

  /** @throws FIRN_BUCKET_CONFIGURATION_NOT_FOUND. */
  async getBucketInventory(request: types.InventoryRequest): Promise<types.InventoryConfiguration> {
    return await getBucketInventory(this.opened(), request);
  }

  /**
   * From the next midnight on the bucket is listed in another one.
   * @throws FIRN_BUCKET_INVENTORY_TARGET, FIRN_BUCKET_INVENTORY_LIMIT,
   * FIRN_OBJECT_ARGUMENT_INVALID.
   */
  async putBucketInventory(request: types.PutInventoryRequest): Promise<void> {
    await putBucketInventory(this.opened(), request);
  }

  /** @throws FIRN_BUCKET_CONFIGURATION_NOT_FOUND. */
  async deleteBucketInventory(request: types.InventoryRequest): Promise<void> {
    await deleteBucketInventory(this.opened(), request);
  }

  async listBucketInventories(
    request: types.ListInventoriesRequest,
  ): Promise<types.InventoriesPage> {
    return await listBucketInventories(this.opened(), request);
  }
}
