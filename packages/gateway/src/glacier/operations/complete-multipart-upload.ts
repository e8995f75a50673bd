import { long, string } from "@firn/wire";
import { operation } from "../context.ts";
import type { GlacierOperation } from "../context.ts";
import { accountId, location, treeHash, treeHashOut, uploadId, vaultName } from "../shapes.ts";

export const completeMultipartUpload: GlacierOperation = operation({
  name: "CompleteMultipartUpload",
  http: {
    method: "POST",
    path: "/{accountId}/vaults/{vaultName}/multipart-uploads/{uploadId}",
    status: 201,
  },
  input: {
    accountId,
    vaultName,
    uploadId,
    archiveSize: long({ in: "header", name: "x-amz-archive-size", required: true }),
    checksum: treeHash,
  },
  output: {
    location,
    checksum: treeHashOut,
    archiveId: string({ in: "header", name: "x-amz-archive-id" }),
  },
  errors: [
    "ResourceNotFoundException",
    "InvalidParameterValueException",
    "MissingParameterValueException",
  ],
  async handler(input, { archive }) {
    return archive.completeMultipartUpload(input);
  },
});
