import { operation } from "../context.ts";
import type { GlacierOperation } from "../context.ts";
import { accountId, vaultName } from "../shapes.ts";

export const abortVaultLock: GlacierOperation = operation({
  name: "AbortVaultLock",
  http: { method: "DELETE", path: "/{accountId}/vaults/{vaultName}/lock-policy", status: 204 },
  input: { accountId, vaultName },
  output: {},
  errors: [
    "ResourceNotFoundException",
    "InvalidParameterValueException",
    "MissingParameterValueException",
    "AccessDeniedException",
  ],
  async handler(input, { archive }) {
    await archive.abortVaultLock({ vaultName: input.vaultName });
    return {};
  },
});
