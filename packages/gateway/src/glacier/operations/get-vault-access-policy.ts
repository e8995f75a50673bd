import { operation } from "../context.ts";
import type { GlacierOperation } from "../context.ts";
import { accountId, policyPayload, vaultName } from "../shapes.ts";

export const getVaultAccessPolicy: GlacierOperation = operation({
  name: "GetVaultAccessPolicy",
  http: { method: "GET", path: "/{accountId}/vaults/{vaultName}/access-policy" },
  input: { accountId, vaultName },
  output: { policy: policyPayload },
  errors: [
    "ResourceNotFoundException",
    "InvalidParameterValueException",
    "MissingParameterValueException",
  ],
  async handler(input, { archive }) {
    const { policy } = await archive.getVaultAccessPolicy({ vaultName: input.vaultName });
    return { policy: { Policy: policy } };
  },
});
