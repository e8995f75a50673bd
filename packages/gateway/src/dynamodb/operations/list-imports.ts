import { document, string } from "@firn/wire";
import type { DynamoDbOperation } from "../context.ts";
import { operation } from "../context.ts";
import { descriptionOf } from "../descriptions.ts";
import { only, tableArnFilter, transfersLimit } from "../transfer-shapes.ts";

const SUMMARY = [
  "ImportArn",
  "ImportStatus",
  "TableArn",
  "S3BucketSource",
  "InputFormat",
  "StartTime",
  "EndTime",
] as const;

export const listImports: DynamoDbOperation = operation({
  name: "ListImports",
  input: { TableArn: tableArnFilter, PageSize: transfersLimit, NextToken: string() },
  output: { ImportSummaryList: document(), NextToken: string() },
  errors: [],
  async handler(input, { tables }) {
    const { imports, nextToken } = await tables.transfers.listImports({
      tableArn: input.TableArn,
      limit: input.PageSize,
      nextToken: input.NextToken,
    });
    return {
      ImportSummaryList: imports.map((each) => only(descriptionOf(each), SUMMARY)),
      NextToken: nextToken,
    };
  },
});
