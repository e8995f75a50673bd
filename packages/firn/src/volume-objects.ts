import { FirnError } from "@firn/core";
import type { ListedPart, ObjectStore } from "@firn/objects";
import type { ObjectPlace, VolumeObjects } from "@firn/volumes";

/** Snapshots are exported to, and imported from, the buckets of their own account. */
export function volumeObjects(objects: ObjectStore): VolumeObjects {
  const of = ({ accountId }: ObjectPlace): ObjectStore => objects.in({ accountId });
  const partsOf = async (place: ObjectPlace, uploadId: string): Promise<ListedPart[]> => {
    const { bucket, key } = place;
    const parts: ListedPart[] = [];
    for await (const part of of(place).listParts({ bucket, key, uploadId })) parts.push(part);
    return parts;
  };
  return {
    async putObject(place, body) {
      await of(place).putObject({ bucket: place.bucket, key: place.key, body });
    },
    async head(place) {
      const { bucket, key } = place;
      try {
        const { contentLength, eTag } = await of(place).headObject({ bucket, key });
        return { bytes: contentLength, tag: eTag };
      } catch (error) {
        if (error instanceof FirnError && error.code === "FIRN_OBJECT_NOT_FOUND") return undefined;
        throw error;
      }
    },
    async *getObject(place, part) {
      const range = part && `bytes=${part.start}-${part.end - 1}`;
      const { body } = await of(place).getObject({ bucket: place.bucket, key: place.key, range });
      yield* body;
    },
    async beginUpload(place) {
      const { bucket, key } = place;
      return (await of(place).createMultipartUpload({ bucket, key })).uploadId;
    },
    async findUpload(place) {
      const { bucket, key } = place;
      let uploadId: string | undefined;
      for await (const upload of of(place).listMultipartUploads({ bucket, prefix: key })) {
        if (upload.key === key) uploadId = upload.uploadId;
      }
      if (uploadId === undefined) return undefined;
      const parts = await partsOf(place, uploadId);
      return { uploadId, parts: new Map(parts.map(({ partNumber, size }) => [partNumber, size])) };
    },
    async putPart(place, { uploadId, number }, body) {
      const { bucket, key } = place;
      await of(place).uploadPart({ bucket, key, uploadId, partNumber: number, body });
    },
    async completeUpload(place, uploadId) {
      const { bucket, key } = place;
      const parts = await partsOf(place, uploadId);
      await of(place).completeMultipartUpload({ bucket, key, uploadId, parts });
    },
  };
}
