import type {
  AttributeUpdate,
  AttributeValue,
  ComparisonOperator,
  ConditionalOperator,
  ExpectedAttribute,
  LegacyCondition,
  LegacyConditions,
} from "@firn/tables";
import { boolean, document, list, map, string, structure } from "@firn/wire";
import type { Shape } from "@firn/wire";
import { attributeValue } from "./documents.ts";

/* The parameters that expressions replaced: their shapes, and how the engine takes them. */

const OPERATORS = [
  "IN",
  "NULL",
  "BETWEEN",
  "LT",
  "NOT_CONTAINS",
  "EQ",
  "GT",
  "NOT_NULL",
  "NE",
  "LE",
  "BEGINS_WITH",
  "GE",
  "CONTAINS",
] as const;

interface WireCondition {
  readonly AttributeValueList?: readonly unknown[] | undefined;
  readonly ComparisonOperator: ComparisonOperator;
}

type Named<T> = Readonly<Record<string, T>>;

export const conditions: Shape<Named<WireCondition>, false> = map(
  structure({
    AttributeValueList: list(document()),
    ComparisonOperator: string({ required: true, values: OPERATORS }),
  }),
);

interface WireExpected {
  readonly Value?: unknown;
  readonly Exists?: boolean | undefined;
  readonly ComparisonOperator?: ComparisonOperator | undefined;
  readonly AttributeValueList?: readonly unknown[] | undefined;
}

export const expected: Shape<Named<WireExpected>, false> = map(
  structure({
    AttributeValueList: list(document()),
    ComparisonOperator: string({ values: OPERATORS }),
    Exists: boolean(),
    Value: document(),
  }),
);

export const conditionalOperator: Shape<ConditionalOperator, false> = string({
  values: ["OR", "AND"],
});

interface WireUpdate {
  readonly Action?: "ADD" | "PUT" | "DELETE" | undefined;
  readonly Value?: unknown;
}

export const attributeUpdates: Shape<Named<WireUpdate>, false> = map(
  structure({ Action: string({ values: ["ADD", "PUT", "DELETE"] }), Value: document() }),
);

export const attributesToGet: Shape<readonly string[], false> = list(string(), {
  min: 1,
  max: 255,
});

export function conditionsOf(
  given: Named<WireCondition> | undefined,
): LegacyConditions | undefined {
  return mapped(given, (condition): LegacyCondition => ({
    comparisonOperator: condition.ComparisonOperator,
    attributeValueList: valuesOf(condition.AttributeValueList),
  }));
}

export function expectedOf(
  given: Named<WireExpected> | undefined,
): Named<ExpectedAttribute> | undefined {
  return mapped(given, (each): ExpectedAttribute => ({
    value: optionalValue(each.Value),
    exists: each.Exists,
    comparisonOperator: each.ComparisonOperator,
    attributeValueList: valuesOf(each.AttributeValueList),
  }));
}

export function updatesOf(
  given: Named<WireUpdate> | undefined,
): Named<AttributeUpdate> | undefined {
  return mapped(given, (update): AttributeUpdate => ({
    action: update.Action,
    value: optionalValue(update.Value),
  }));
}

function optionalValue(value: unknown): AttributeValue | undefined {
  return value === undefined ? undefined : attributeValue(value);
}

function valuesOf(values: readonly unknown[] | undefined): AttributeValue[] | undefined {
  return values?.map(attributeValue);
}

function mapped<A, B>(given: Named<A> | undefined, change: (value: A) => B): Named<B> | undefined {
  if (given === undefined) return undefined;
  const out = Object.create(null) as Record<string, B>;
  for (const name of Object.keys(given)) out[name] = change(given[name] as A);
  return out;
}
