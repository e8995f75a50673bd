import { AccessSettings } from "../access/access-settings.ts";
import {
  deleteBucketInventory,
  getBucketInventory,
  listBucketInventories,
  putBucketInventory,
} from "./bucket-inventory.ts";
import type * as types from "./inventory-types.ts";

/** The calls of an object store about inventories of buckets. */
export abstract class InventorySettings extends AccessSettings {
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
