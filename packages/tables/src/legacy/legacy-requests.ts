import type { AttributeValue } from "../value/attribute-value.ts";

/* The parameters that expressions replaced. Applications of before 2014 still send them. */

export type ComparisonOperator =
  | "EQ"
  | "NE"
  | "IN"
  | "LE"
  | "LT"
  | "GE"
  | "GT"
  | "BETWEEN"
  | "NOT_NULL"
  | "NULL"
  | "CONTAINS"
  | "NOT_CONTAINS"
  | "BEGINS_WITH";

/** Whether all conditions must hold, or one. Default AND. */
export type ConditionalOperator = "AND" | "OR";

export interface LegacyCondition {
  readonly comparisonOperator: ComparisonOperator;
  readonly attributeValueList?: readonly AttributeValue[] | undefined;
}

export interface ExpectedAttribute {
  readonly value?: AttributeValue | undefined;
  readonly exists?: boolean | undefined;
  readonly comparisonOperator?: ComparisonOperator | undefined;
  readonly attributeValueList?: readonly AttributeValue[] | undefined;
}

export interface AttributeUpdate {
  /** Default PUT. */
  readonly action?: "PUT" | "ADD" | "DELETE" | undefined;
  readonly value?: AttributeValue | undefined;
}

export type LegacyConditions = Readonly<Record<string, LegacyCondition>>;

/** Of writes. */
export interface LegacyExpected {
  readonly expected?: Readonly<Record<string, ExpectedAttribute>> | undefined;
  readonly conditionalOperator?: ConditionalOperator | undefined;
}

/** Of reads: names of attributes, the whole of each. */
export interface LegacyProjected {
  readonly attributesToGet?: readonly string[] | undefined;
}

/** Of UpdateItem. */
export interface LegacyUpdates {
  readonly attributeUpdates?: Readonly<Record<string, AttributeUpdate>> | undefined;
}
