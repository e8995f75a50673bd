import { list, string } from "@firn/wire";
import { operation } from "../context.ts";
import type { GlacierOperation } from "../context.ts";
import { accountId, limit, marker } from "../shapes.ts";
import { describeVault as describe, vaultDescription } from "../vault-description.ts";

export const listVaults: GlacierOperation = operation({
  name: "ListVaults",
  http: { method: "GET", path: "/{accountId}/vaults" },
  input: { accountId, limit, marker },
  output: { VaultList: list(vaultDescription), Marker: string() },
  errors: ["InvalidParameterValueException", "MissingParameterValueException"],
  async handler(input, { archive }) {
    const page = await archive.listVaults({ limit: input.limit, marker: input.marker }).page();
    return { VaultList: page.items.map(describe), Marker: page.marker };
  },
});
