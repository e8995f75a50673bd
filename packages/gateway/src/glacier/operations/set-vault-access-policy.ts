import { operation } from "../context.ts";
import type { GlacierOperation } from "../context.ts";
import { accountId, policyPayload, vaultName } from "../shapes.ts";

export const setVaultAccessPolicy: GlacierOperation = operation({
  name: "SetVaultAccessPolicy",
  http: { method: "PUT", path: "/{accountId}/vaults/{vaultName}/access-policy", status: 204 },
  input: { accountId, vaultName, policy: policyPayload },
  output: {},
  errors: [
    "ResourceNotFoundException",
    "InvalidParameterValueException",
    "MissingParameterValueException",
  ],
  async handler(input, { archive }) {
    const { vaultName, policy } = input;
    await archive.setVaultAccessPolicy({ vaultName, policy: policy?.Policy ?? "" });
    return {};
  },
});
