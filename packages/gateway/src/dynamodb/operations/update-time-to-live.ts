import { boolean, document, string, structure } from "@firn/wire";
import { capitalized } from "../answers.ts";
import type { DynamoDbOperation } from "../context.ts";
import { operation } from "../context.ts";
import { tableName } from "../shapes.ts";

export const updateTimeToLive: DynamoDbOperation = operation({
  name: "UpdateTimeToLive",
  input: {
    TableName: tableName,
    TimeToLiveSpecification: structure(
      {
        AttributeName: string({ required: true, min: 1, max: 255 }),
        Enabled: boolean({ required: true }),
      },
      { required: true },
    ),
  },
  output: { TimeToLiveSpecification: document() },
  errors: ["ResourceNotFoundException"],
  async handler(input, { tables }) {
    const { AttributeName, Enabled } = input.TimeToLiveSpecification;
    const made = await tables.updateTimeToLive({
      tableName: input.TableName,
      timeToLiveSpecification: { attributeName: AttributeName, enabled: Enabled },
    });
    return { TimeToLiveSpecification: capitalized(made) };
  },
});
