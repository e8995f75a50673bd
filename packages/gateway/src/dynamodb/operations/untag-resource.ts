import { list, string } from "@firn/wire";
import type { DynamoDbOperation } from "../context.ts";
import { operation } from "../context.ts";
import { resourceArn } from "../tag-shapes.ts";

export const untagResource: DynamoDbOperation = operation({
  name: "UntagResource",
  input: {
    ResourceArn: resourceArn,
    TagKeys: list(string({ min: 1, max: 128 }), { required: true }),
  },
  output: {},
  errors: ["ResourceNotFoundException"],
  async handler(input, { tables }) {
    await tables.untagResource({ resourceArn: input.ResourceArn, tagKeys: input.TagKeys });
    return {};
  },
});
