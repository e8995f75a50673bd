import { operation } from "../context.ts";
import type { GlacierOperation } from "../context.ts";
import { accountId, notificationConfig, vaultName } from "../shapes.ts";

export const getVaultNotifications: GlacierOperation = operation({
  name: "GetVaultNotifications",
  http: { method: "GET", path: "/{accountId}/vaults/{vaultName}/notification-configuration" },
  input: { accountId, vaultName },
  output: { config: notificationConfig },
  errors: [
    "ResourceNotFoundException",
    "InvalidParameterValueException",
    "MissingParameterValueException",
  ],
  async handler(input, { archive }) {
    const { vaultName } = input;
    const { snsTopic, events } = await archive.getVaultNotifications({ vaultName });
    return { config: { SNSTopic: snsTopic, Events: events } };
  },
});
