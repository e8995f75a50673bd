import { boolean, integer, map, string } from "@firn/wire";
import type { Shape } from "@firn/wire";

/* Members that several operations have. */

const NAME_PATTERN = "[a-zA-Z0-9_.-]+";

/** Of calls on items. */
export const tableName: Shape<string, true> = string({
  required: true,
  min: 1,
  max: 255,
  pattern: NAME_PATTERN,
});

/** Of calls on tables: absence has an error of its own. */
export const controlTableName: Shape<string, false> = string({
  min: 3,
  max: 255,
  pattern: NAME_PATTERN,
});

export const indexName: Shape<string, false> = string({
  pattern: NAME_PATTERN,
  min: 3,
  max: 255,
});

export const returnConsumedCapacity: Shape<"INDEXES" | "TOTAL" | "NONE", false> = string({
  values: ["INDEXES", "TOTAL", "NONE"],
});

export const returnItemCollectionMetrics: Shape<"SIZE" | "NONE", false> = string({
  values: ["SIZE", "NONE"],
});

export const returnValues: Shape<
  "ALL_NEW" | "UPDATED_OLD" | "ALL_OLD" | "NONE" | "UPDATED_NEW",
  false
> = string({ values: ["ALL_NEW", "UPDATED_OLD", "ALL_OLD", "NONE", "UPDATED_NEW"] });

export const returnValuesOnConditionCheckFailure: Shape<"ALL_OLD" | "NONE", false> = string({
  values: ["ALL_OLD", "NONE"],
});

export const select: Shape<
  "SPECIFIC_ATTRIBUTES" | "COUNT" | "ALL_ATTRIBUTES" | "ALL_PROJECTED_ATTRIBUTES",
  false
> = string({
  values: ["SPECIFIC_ATTRIBUTES", "COUNT", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES"],
});

export const expressionAttributeNames: Shape<Readonly<Record<string, string>>, false> = map(
  string(),
);

export const text: Shape<string, false> = string();
export const flag: Shape<boolean, false> = boolean();
export const atLeastOne: Shape<number, false> = integer({ min: 1 });
