import { string } from "@firn/wire";
import type { DynamoDbOperation } from "../context.ts";
import { operation } from "../context.ts";
import { resourceArn } from "../tag-shapes.ts";

export const getResourcePolicy: DynamoDbOperation = operation({
  name: "GetResourcePolicy",
  input: { ResourceArn: resourceArn },
  output: { Policy: string(), RevisionId: string() },
  errors: ["PolicyNotFoundException", "ResourceNotFoundException"],
  async handler(input, { tables }) {
    const found = await tables.policies.getResourcePolicy({ resourceArn: input.ResourceArn });
    return { Policy: found.policy, RevisionId: found.revisionId };
  },
});
