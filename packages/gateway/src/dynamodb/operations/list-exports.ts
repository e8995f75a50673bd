import { document, string } from "@firn/wire";
import type { DynamoDbOperation } from "../context.ts";
import { operation } from "../context.ts";
import { descriptionOf } from "../descriptions.ts";
import { only, tableArnFilter, transfersLimit } from "../transfer-shapes.ts";

const SUMMARY = ["ExportArn", "ExportStatus", "ExportType"] as const;

export const listExports: DynamoDbOperation = operation({
  name: "ListExports",
  input: { TableArn: tableArnFilter, MaxResults: transfersLimit, NextToken: string() },
  output: { ExportSummaries: document(), NextToken: string() },
  errors: [],
  async handler(input, { tables }) {
    const { exports, nextToken } = await tables.transfers.listExports({
      tableArn: input.TableArn,
      limit: input.MaxResults,
      nextToken: input.NextToken,
    });
    return {
      ExportSummaries: exports.map((each) => only(descriptionOf(each), SUMMARY)),
      NextToken: nextToken,
    };
  },
});
