import { string } from "@firn/wire";
import { operation } from "../context.ts";
import type { GlacierOperation } from "../context.ts";
import { accountId, policyPayload, vaultName } from "../shapes.ts";

export const initiateVaultLock: GlacierOperation = operation({
  name: "InitiateVaultLock",
  http: { method: "POST", path: "/{accountId}/vaults/{vaultName}/lock-policy", status: 201 },
  input: { accountId, vaultName, policy: policyPayload },
  output: { lockId: string({ in: "header", name: "x-amz-lock-id" }) },
  errors: [
    "ResourceNotFoundException",
    "InvalidParameterValueException",
    "MissingParameterValueException",
    "AccessDeniedException",
  ],
  async handler(input, { archive }) {
    const { vaultName, policy } = input;
    return archive.initiateVaultLock({ vaultName, policy: policy?.Policy ?? "" });
  },
});
