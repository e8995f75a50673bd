import { FirnError } from "@firn/core";
import type { ObjectStore } from "@firn/objects";
import type { VolumeObjects } from "@firn/volumes";

/** Snapshots are exported to, and imported from, the buckets of their own account. */
export function volumeObjects(objects: ObjectStore): VolumeObjects {
  return {
    async putObject({ accountId, bucket, key }, body) {
      await objects.in({ accountId }).putObject({ bucket, key, body });
    },
    async sizeOf({ accountId, bucket, key }) {
      try {
        const { contentLength } = await objects.in({ accountId }).headObject({ bucket, key });
        return contentLength;
      } catch (error) {
        if (error instanceof FirnError && error.code === "FIRN_OBJECT_NOT_FOUND") return undefined;
        throw error;
      }
    },
    async *getObject({ accountId, bucket, key }) {
      const { body } = await objects.in({ accountId }).getObject({ bucket, key });
      yield* body;
    },
  };
}
