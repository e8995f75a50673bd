import { operation } from "../context.ts";
import type { GlacierOperation } from "../context.ts";
import { accountId, vaultName } from "../shapes.ts";

export const deleteVaultAccessPolicy: GlacierOperation = operation({
  name: "DeleteVaultAccessPolicy",
  http: { method: "DELETE", path: "/{accountId}/vaults/{vaultName}/access-policy", status: 204 },
  input: { accountId, vaultName },
  output: {},
  errors: [
    "ResourceNotFoundException",
    "InvalidParameterValueException",
    "MissingParameterValueException",
  ],
  async handler(input, { archive }) {
    await archive.deleteVaultAccessPolicy({ vaultName: input.vaultName });
    return {};
  },
});
