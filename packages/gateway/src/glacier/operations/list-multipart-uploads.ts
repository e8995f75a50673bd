import { list, string } from "@firn/wire";
import { operation } from "../context.ts";
import type { GlacierOperation } from "../context.ts";
import { accountId, limit, marker, vaultName } from "../shapes.ts";
import { describeUpload, uploadDescription } from "../upload-description.ts";

export const listMultipartUploads: GlacierOperation = operation({
  name: "ListMultipartUploads",
  http: { method: "GET", path: "/{accountId}/vaults/{vaultName}/multipart-uploads" },
  input: { accountId, vaultName, limit, marker },
  output: { UploadsList: list(uploadDescription), Marker: string() },
  errors: [
    "ResourceNotFoundException",
    "InvalidParameterValueException",
    "MissingParameterValueException",
  ],
  async handler(input, { archive }) {
    const page = await archive.listMultipartUploads(input).page();
    return { UploadsList: page.items.map(describeUpload), Marker: page.marker };
  },
});
