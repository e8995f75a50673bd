import { operation } from "../context.ts";
import type { GlacierOperation } from "../context.ts";
import { accountId, vaultName } from "../shapes.ts";

export const deleteVault: GlacierOperation = operation({
  name: "DeleteVault",
  http: { method: "DELETE", path: "/{accountId}/vaults/{vaultName}", status: 204 },
  input: { accountId, vaultName },
  output: {},
  errors: [
    "ResourceNotFoundException",
    "InvalidParameterValueException",
    "MissingParameterValueException",
    "AccessDeniedException",
  ],
  async handler(input, { archive }) {
    await archive.deleteVault({ vaultName: input.vaultName });
    return {};
  },
});
