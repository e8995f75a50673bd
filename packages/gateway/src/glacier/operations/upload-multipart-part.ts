import { stream, string } from "@firn/wire";
import { operation } from "../context.ts";
import type { GlacierOperation } from "../context.ts";
import { accountId, treeHash, treeHashOut, uploadId, vaultName } from "../shapes.ts";

export const uploadMultipartPart: GlacierOperation = operation({
  name: "UploadMultipartPart",
  http: {
    method: "PUT",
    path: "/{accountId}/vaults/{vaultName}/multipart-uploads/{uploadId}",
    status: 204,
  },
  input: {
    accountId,
    vaultName,
    uploadId,
    checksum: treeHash,
    range: string({ in: "header", name: "content-range", required: true }),
    body: stream(),
  },
  output: { checksum: treeHashOut },
  errors: [
    "ResourceNotFoundException",
    "InvalidParameterValueException",
    "MissingParameterValueException",
  ],
  async handler(input, { archive, signal }) {
    return archive.uploadMultipartPart({ ...input, signal });
  },
});
