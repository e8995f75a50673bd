import type { ObjectStore } from "@firn/objects";
import type { TableObjects } from "@firn/tables";

/** Tables are exported to, and imported from, the buckets of their own account. */
export function tableObjects(objects: ObjectStore): TableObjects {
  return {
    async putObject({ accountId, bucket, key, body, contentType }) {
      const put = { bucket, key, body, contentType };
      const { eTag } = await objects.in({ accountId }).putObject(put);
      return { eTag };
    },
    async *listObjects({ accountId, bucket, prefix }) {
      const listed = objects.in({ accountId }).listObjectsV2({ bucket, prefix });
      for await (const { key, size } of listed) yield { key, size };
    },
    async *getObject({ accountId, bucket, key }) {
      const { body } = await objects.in({ accountId }).getObject({ bucket, key });
      yield* body;
    },
  };
}
