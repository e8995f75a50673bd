import { boolean, string } from "@firn/wire";
import type { DynamoDbOperation } from "../context.ts";
import { operation } from "../context.ts";
import { checkPolicy } from "../check-policy.ts";
import { resourceArn } from "../tag-shapes.ts";

export const putResourcePolicy: DynamoDbOperation = operation({
  name: "PutResourcePolicy",
  input: {
    ResourceArn: resourceArn,
    Policy: string({ required: true }),
    ExpectedRevisionId: string({ min: 1, max: 255 }),
    ConfirmRemoveSelfResourceAccess: boolean(),
  },
  output: { RevisionId: string() },
  errors: ["PolicyNotFoundException", "ResourceNotFoundException"],
  async handler(input, { tables }) {
    checkPolicy(input.Policy);
    const { revisionId } = await tables.policies.putResourcePolicy({
      resourceArn: input.ResourceArn,
      policy: input.Policy,
      expectedRevisionId: input.ExpectedRevisionId,
    });
    return { RevisionId: revisionId };
  },
});
