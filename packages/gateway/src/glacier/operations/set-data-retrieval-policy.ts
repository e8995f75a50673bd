import { operation } from "../context.ts";
import type { GlacierOperation } from "../context.ts";
import { accountId, retrievalPolicy } from "../shapes.ts";

export const setDataRetrievalPolicy: GlacierOperation = operation({
  name: "SetDataRetrievalPolicy",
  http: { method: "PUT", path: "/{accountId}/policies/data-retrieval", status: 204 },
  input: { accountId, Policy: retrievalPolicy },
  output: {},
  errors: ["InvalidParameterValueException", "MissingParameterValueException"],
  async handler(input, { archive }) {
    const rules = input.Policy?.Rules ?? [];
    await archive.setDataRetrievalPolicy({
      rules: rules.map((rule) => ({
        strategy: rule.Strategy ?? "",
        bytesPerHour: rule.BytesPerHour,
      })),
    });
    return {};
  },
});
