import { document } from "@firn/wire";
import type { DynamoDbOperation } from "../context.ts";
import { operation } from "../context.ts";
import { descriptionOf } from "../descriptions.ts";
import { transferArn } from "../transfer-shapes.ts";

export const describeExport: DynamoDbOperation = operation({
  name: "DescribeExport",
  input: { ExportArn: transferArn },
  output: { ExportDescription: document() },
  errors: ["ExportNotFoundException"],
  async handler(input, { tables }) {
    const described = await tables.transfers.describeExport({ exportArn: input.ExportArn });
    return { ExportDescription: descriptionOf(described) };
  },
});
