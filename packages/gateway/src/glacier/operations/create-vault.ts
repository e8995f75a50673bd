import { operation } from "../context.ts";
import type { GlacierOperation } from "../context.ts";
import { accountId, location, vaultName } from "../shapes.ts";

export const createVault: GlacierOperation = operation({
  name: "CreateVault",
  http: { method: "PUT", path: "/{accountId}/vaults/{vaultName}", status: 201 },
  input: { accountId, vaultName },
  output: { location },
  errors: [
    "InvalidParameterValueException",
    "MissingParameterValueException",
    "LimitExceededException",
  ],
  async handler(input, { archive }) {
    return archive.createVault({ vaultName: input.vaultName });
  },
});
