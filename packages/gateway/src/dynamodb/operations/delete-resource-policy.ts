import { string } from "@firn/wire";
import type { DynamoDbOperation } from "../context.ts";
import { operation } from "../context.ts";
import { resourceArn } from "../tag-shapes.ts";

export const deleteResourcePolicy: DynamoDbOperation = operation({
  name: "DeleteResourcePolicy",
  input: { ResourceArn: resourceArn, ExpectedRevisionId: string({ min: 1, max: 255 }) },
  output: { RevisionId: string() },
  errors: ["PolicyNotFoundException", "ResourceNotFoundException"],
  async handler(input, { tables }) {
    const { revisionId } = await tables.policies.deleteResourcePolicy({
      resourceArn: input.ResourceArn,
      expectedRevisionId: input.ExpectedRevisionId,
    });
    return { RevisionId: revisionId };
  },
});
