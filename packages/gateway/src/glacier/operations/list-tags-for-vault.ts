import { map, string } from "@firn/wire";
import { operation } from "../context.ts";
import type { GlacierOperation } from "../context.ts";
import { accountId, vaultName } from "../shapes.ts";

export const listTagsForVault: GlacierOperation = operation({
  name: "ListTagsForVault",
  http: { method: "GET", path: "/{accountId}/vaults/{vaultName}/tags" },
  input: { accountId, vaultName },
  output: { Tags: map(string()) },
  errors: [
    "ResourceNotFoundException",
    "InvalidParameterValueException",
    "MissingParameterValueException",
  ],
  async handler(input, { archive }) {
    return { Tags: await archive.listTagsForVault({ vaultName: input.vaultName }) };
  },
});
