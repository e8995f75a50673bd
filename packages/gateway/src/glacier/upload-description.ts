import type { UploadDescription } from "@firn/archive";
import { long, string, structure, timestamp } from "@firn/wire";
import type { Shape } from "@firn/wire";

/** An open upload as the API spells it. */
export interface UploadMember {
  readonly MultipartUploadId?: string | undefined;
  readonly VaultARN?: string | undefined;
  readonly ArchiveDescription?: string | undefined;
  readonly PartSizeInBytes?: number | undefined;
  readonly CreationDate?: number | undefined;
}

export const uploadMembers: {
  readonly [K in keyof UploadMember]-?: Shape<NonNullable<UploadMember[K]>, false>;
} = {
  MultipartUploadId: string(),
  VaultARN: string(),
  ArchiveDescription: string(),
  PartSizeInBytes: long(),
  CreationDate: timestamp({ format: "iso8601" }),
};

export const uploadDescription: Shape<UploadMember, false> = structure(uploadMembers);

export function describeUpload(upload: UploadDescription): UploadMember {
  return {
    MultipartUploadId: upload.multipartUploadId,
    VaultARN: upload.vaultArn,
    ArchiveDescription: upload.archiveDescription,
    PartSizeInBytes: upload.partSizeInBytes,
    CreationDate: upload.creationDate,
  };
}
