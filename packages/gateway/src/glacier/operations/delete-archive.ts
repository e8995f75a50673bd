import { string } from "@firn/wire";
import { operation } from "../context.ts";
import type { GlacierOperation } from "../context.ts";
import { accountId, vaultName } from "../shapes.ts";

export const deleteArchive: GlacierOperation = operation({
  name: "DeleteArchive",
  http: {
    method: "DELETE",
    path: "/{accountId}/vaults/{vaultName}/archives/{archiveId}",
    status: 204,
  },
  input: { accountId, vaultName, archiveId: string({ in: "path", required: true }) },
  output: {},
  errors: [
    "ResourceNotFoundException",
    "InvalidParameterValueException",
    "MissingParameterValueException",
    "AccessDeniedException",
  ],
  async handler(input, { archive }) {
    await archive.deleteArchive(input);
    return {};
  },
});
