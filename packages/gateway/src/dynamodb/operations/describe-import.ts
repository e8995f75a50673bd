import { document } from "@firn/wire";
import type { DynamoDbOperation } from "../context.ts";
import { operation } from "../context.ts";
import { descriptionOf } from "../descriptions.ts";
import { transferArn } from "../transfer-shapes.ts";

export const describeImport: DynamoDbOperation = operation({
  name: "DescribeImport",
  input: { ImportArn: transferArn },
  output: { ImportTableDescription: document() },
  errors: ["ImportNotFoundException"],
  async handler(input, { tables }) {
    const described = await tables.transfers.describeImport({ importArn: input.ImportArn });
    return { ImportTableDescription: descriptionOf(described) };
  },
});
