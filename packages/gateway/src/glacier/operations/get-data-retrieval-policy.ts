import { operation } from "../context.ts";
import type { GlacierOperation } from "../context.ts";
import { accountId, retrievalPolicy } from "../shapes.ts";

export const getDataRetrievalPolicy: GlacierOperation = operation({
  name: "GetDataRetrievalPolicy",
  http: { method: "GET", path: "/{accountId}/policies/data-retrieval" },
  input: { accountId },
  output: { Policy: retrievalPolicy },
  errors: ["InvalidParameterValueException", "MissingParameterValueException"],
  async handler(_input, { archive }) {
    const { rules } = await archive.getDataRetrievalPolicy();
    const Rules = rules.map(({ strategy, bytesPerHour }) => ({
      Strategy: strategy,
      BytesPerHour: bytesPerHour,
    }));
    return { Policy: { Rules } };
  },
});
