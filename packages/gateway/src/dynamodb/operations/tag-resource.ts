import type { DynamoDbOperation } from "../context.ts";
import { operation } from "../context.ts";
import { resourceArn, tags, tagsOf } from "../tag-shapes.ts";

export const tagResource: DynamoDbOperation = operation({
  name: "TagResource",
  input: { ResourceArn: resourceArn, Tags: tags },
  output: {},
  errors: ["ResourceNotFoundException"],
  async handler(input, { tables }) {
    await tables.tagResource({ resourceArn: input.ResourceArn, tags: tagsOf(input.Tags) });
    return {};
  },
});
