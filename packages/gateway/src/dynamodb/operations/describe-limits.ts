import { long } from "@firn/wire";
import type { DynamoDbOperation } from "../context.ts";
import { operation } from "../context.ts";

/** The quotas that a new account has; Firn itself has none. */
const ACCOUNT_UNITS_MAX = 80_000;
const TABLE_UNITS_MAX = 40_000;

export const describeLimits: DynamoDbOperation = operation({
  name: "DescribeLimits",
  input: {},
  output: {
    AccountMaxReadCapacityUnits: long(),
    AccountMaxWriteCapacityUnits: long(),
    TableMaxReadCapacityUnits: long(),
    TableMaxWriteCapacityUnits: long(),
  },
  errors: [],
  handler: () => ({
    AccountMaxReadCapacityUnits: ACCOUNT_UNITS_MAX,
    AccountMaxWriteCapacityUnits: ACCOUNT_UNITS_MAX,
    TableMaxReadCapacityUnits: TABLE_UNITS_MAX,
    TableMaxWriteCapacityUnits: TABLE_UNITS_MAX,
  }),
});
