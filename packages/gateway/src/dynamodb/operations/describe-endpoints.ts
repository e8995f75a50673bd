import { list, long, string, structure } from "@firn/wire";
import type { DynamoDbOperation } from "../context.ts";
import { operation } from "../context.ts";

/** A day: this server does not move. */
const CACHE_MINUTES = 24 * 60;

export const describeEndpoints: DynamoDbOperation = operation({
  name: "DescribeEndpoints",
  input: {},
  output: {
    Endpoints: list(structure({ Address: string(), CachePeriodInMinutes: long() })),
  },
  errors: [],
  handler: (_, { raw }) => ({
    Endpoints: [{ Address: raw.host, CachePeriodInMinutes: CACHE_MINUTES }],
  }),
});
