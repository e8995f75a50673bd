import { FirnError } from "@firn/core";
import { document, ServiceError, string, unsupported } from "@firn/wire";
import type { DynamoDbOperation } from "../context.ts";
import { operation } from "../context.ts";
import { resourceArn, wireTags } from "../tag-shapes.ts";

export const listTagsOfResource: DynamoDbOperation = operation({
  name: "ListTagsOfResource",
  // A table's 50 tags are one page, so that there is no token to go on with.
  input: { ResourceArn: resourceArn, NextToken: unsupported() },
  output: { Tags: document(), NextToken: string() },
  errors: ["AccessDeniedException"],
  async handler(input, { tables, caller }) {
    try {
      const { tags } = await tables.listTagsOfResource({ resourceArn: input.ResourceArn });
      return { Tags: wireTags(tags) };
    } catch (error) {
      const notFound = error instanceof FirnError && error.code === "FIRN_TABLE_NOT_FOUND";
      if (!notFound) throw error;
      // DynamoDB does not tell a table that is not there from one that is not yours.
      throw new ServiceError(
        "AccessDeniedException",
        400,
        `User: ${caller.arn} is not authorized to perform: dynamodb:ListTagsOfResource on ` +
          `resource: ${input.ResourceArn}`,
      );
    }
  },
});
