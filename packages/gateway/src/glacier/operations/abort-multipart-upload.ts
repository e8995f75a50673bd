import { operation } from "../context.ts";
import type { GlacierOperation } from "../context.ts";
import { accountId, uploadId, vaultName } from "../shapes.ts";

export const abortMultipartUpload: GlacierOperation = operation({
  name: "AbortMultipartUpload",
  http: {
    method: "DELETE",
    path: "/{accountId}/vaults/{vaultName}/multipart-uploads/{uploadId}",
    status: 204,
  },
  input: { accountId, vaultName, uploadId },
  output: {},
  errors: [
    "ResourceNotFoundException",
    "InvalidParameterValueException",
    "MissingParameterValueException",
  ],
  async handler(input, { archive }) {
    await archive.abortMultipartUpload(input);
    return {};
  },
});
