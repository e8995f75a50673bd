import { operation } from "../context.ts";
import type { GlacierOperation } from "../context.ts";
import { accountId, notificationConfig, vaultName } from "../shapes.ts";

export const setVaultNotifications: GlacierOperation = operation({
  name: "SetVaultNotifications",
  http: {
    method: "PUT",
    path: "/{accountId}/vaults/{vaultName}/notification-configuration",
    status: 204,
  },
  input: { accountId, vaultName, config: notificationConfig },
  output: {},
  errors: [
    "ResourceNotFoundException",
    "InvalidParameterValueException",
    "MissingParameterValueException",
  ],
  async handler(input, { archive }) {
    const { vaultName, config } = input;
    const { SNSTopic: snsTopic = "", Events: events = [] } = config ?? {};
    await archive.setVaultNotifications({ vaultName, config: { snsTopic, events } });
    return {};
  },
});
