import { operation } from "../context.ts";
import type { GlacierOperation } from "../context.ts";
import { accountId, vaultName } from "../shapes.ts";

export const deleteVaultNotifications: GlacierOperation = operation({
  name: "DeleteVaultNotifications",
  http: {
    method: "DELETE",
    path: "/{accountId}/vaults/{vaultName}/notification-configuration",
    status: 204,
  },
  input: { accountId, vaultName },
  output: {},
  errors: [
    "ResourceNotFoundException",
    "InvalidParameterValueException",
    "MissingParameterValueException",
  ],
  async handler(input, { archive }) {
    await archive.deleteVaultNotifications({ vaultName: input.vaultName });
    return {};
  },
});
