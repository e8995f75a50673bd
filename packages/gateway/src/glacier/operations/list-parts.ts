import { list, string, structure } from "@firn/wire";
import { operation } from "../context.ts";
import type { GlacierOperation } from "../context.ts";
import { accountId, limit, marker, uploadId, vaultName } from "../shapes.ts";
import { describeUpload, uploadMembers } from "../upload-description.ts";

export const listParts: GlacierOperation = operation({
  name: "ListParts",
  http: { method: "GET", path: "/{accountId}/vaults/{vaultName}/multipart-uploads/{uploadId}" },
  input: { accountId, vaultName, uploadId, limit, marker },
  output: {
    ...uploadMembers,
    Parts: list(structure({ RangeInBytes: string(), SHA256TreeHash: string() })),
    Marker: string(),
  },
  errors: [
    "ResourceNotFoundException",
    "InvalidParameterValueException",
    "MissingParameterValueException",
  ],
  async handler(input, { archive }) {
    const page = await archive.listParts(input);
    const Parts = page.items.map(({ rangeInBytes, sha256TreeHash }) => ({
      RangeInBytes: rangeInBytes,
      SHA256TreeHash: sha256TreeHash,
    }));
    return { ...describeUpload(page), Parts, Marker: page.marker };
  },
});
