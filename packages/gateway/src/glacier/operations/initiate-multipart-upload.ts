import { long, string } from "@firn/wire";
import { operation } from "../context.ts";
import type { GlacierOperation } from "../context.ts";
import { accountId, archiveDescription, location, vaultName } from "../shapes.ts";

export const initiateMultipartUpload: GlacierOperation = operation({
  name: "InitiateMultipartUpload",
  http: { method: "POST", path: "/{accountId}/vaults/{vaultName}/multipart-uploads", status: 201 },
  input: {
    accountId,
    vaultName,
    archiveDescription,
    partSize: long({ in: "header", name: "x-amz-part-size", required: true }),
  },
  output: { location, uploadId: string({ in: "header", name: "x-amz-multipart-upload-id" }) },
  errors: [
    "ResourceNotFoundException",
    "InvalidParameterValueException",
    "MissingParameterValueException",
  ],
  async handler(input, { archive }) {
    return archive.initiateMultipartUpload(input);
  },
});
