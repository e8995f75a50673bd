import type { KeySchema } from "../catalog/table-record.ts";
import { keyAttributes } from "../catalog/table-record.ts";
import { invalid } from "../errors.ts";
import type { Condition } from "../expression/ast.ts";
import type { AttributeValue } from "../value/attribute-value.ts";
import { compareScalars } from "../value/compare-values.ts";
import { conjunctsOf, equalsOf } from "./item-where.ts";
import type { Naming } from "./naming.ts";
import type { OrderTerm, SelectStatement } from "./statement.ts";

/** How a SELECT reads: partition after partition, or everything. */
export interface SelectPlan {
  /** A key condition for each Query, in the order of reading; `undefined`: a Scan. */
  readonly keyConditions: readonly Condition[] | undefined;
  readonly filter: Condition | undefined;
  readonly descending: boolean;
}

/** Decides it from the WHERE and ORDER BY, and the key of the table or index that is read. */
export function planSelect(select: SelectStatement, key: KeySchema): SelectPlan {
  const { naming, where, orderBy } = select;
  const conjuncts = conjunctsOf(where);
  const found = findPartitions(naming, conjuncts, key);
  checkOrder(select, key, found?.partitions.length ?? 0);
  if (found === undefined) {
    return { keyConditions: undefined, filter: joined(conjuncts), descending: false };
  }
  const used = new Set(found.used);
  const sortTerms = findSortTerms(naming, conjuncts, key, used);
  const partitions = ordered(found.partitions, orderBy, key);
  return {
    keyConditions: partitions.map(
      (values) => joined([...equalities(naming, key, values), ...sortTerms]) as Condition,
    ),
    filter: joined(conjuncts.filter((each) => !used.has(each))),
    descending: orderBy.some(
      ({ attribute, descending }) => descending && key.sort.some(({ name }) => name === attribute),
    ),
  };
}

/** Values of the partition attributes, one list for each partition. */
type Partition = readonly AttributeValue[];

function findPartitions(
  naming: Naming,
  conjuncts: readonly Condition[],
  { partition }: KeySchema,
): { readonly partitions: readonly Partition[]; readonly used: readonly Condition[] } | undefined {
  const used: Condition[] = [];
  const choices: (readonly AttributeValue[])[] = [];
  for (const { name } of partition) {
    const match = conjuncts.find((each) => equalsOf(naming, each, name) !== undefined);
    if (match === undefined) return undefined;
    used.push(match);
    choices.push(distinct(equalsOf(naming, match, name) ?? []));
  }
  const [first = []] = choices;
  if (choices.length === 1) return { partitions: first.map((value) => [value]), used };
  if (choices.some(({ length }) => length !== 1)) return undefined;
  return { partitions: [choices.map(([value]) => value as AttributeValue)], used };
}

function distinct(values: readonly AttributeValue[]): AttributeValue[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
}

/** From the left: equalities, and one range at the end. Adds what it takes to `used`. */
function findSortTerms(
  naming: Naming,
  conjuncts: readonly Condition[],
  { sort }: KeySchema,
  used: Set<Condition>,
): Condition[] {
  const terms: Condition[] = [];
  for (const { name } of sort) {
    const match = conjuncts.find((each) => !used.has(each) && isKeyTerm(naming, each, name));
    if (match === undefined) break;
    used.add(match);
    terms.push(match);
    if (match.kind !== "compare" || match.operator !== "=") break;
  }
  return terms;
}

/** Whether a Query can take the condition as one on its sort key. */
function isKeyTerm(naming: Naming, condition: Condition, name: string): boolean {
  const constant = (each: Parameters<Naming["constantOf"]>[0]): boolean =>
    naming.constantOf(each) !== undefined;
  switch (condition.kind) {
    case "compare": {
      const { operator, left, right } = condition;
      if (operator === "<>") return false;
      return (
        (naming.attributeOf(left) === name && constant(right)) ||
        (naming.attributeOf(right) === name && constant(left))
      );
    }
    case "between": {
      const { operand, low, high } = condition;
      return naming.attributeOf(operand) === name && constant(low) && constant(high);
    }
    case "call": {
      const [path, prefix] = condition.args;
      return (
        condition.name === "begins_with" && naming.attributeOf(path) === name && constant(prefix)
      );
    }
    default:
      return false;
  }
}

function equalities(naming: Naming, { partition }: KeySchema, values: Partition): Condition[] {
  return partition.map(({ name }, i) => ({
    kind: "compare",
    operator: "=",
    left: { kind: "path", path: [naming.nameKey(name)] },
    right: { kind: "value", name: naming.valueKey(values[i] as AttributeValue) },
  }));
}

function joined(terms: readonly Condition[]): Condition | undefined {
  return terms.length > 1 ? { kind: "and", terms } : terms[0];
}

/** @throws FIRN_TABLE_REQUEST_INVALID for an order that reading along the key does not give. */
function checkOrder(select: SelectStatement, key: KeySchema, partitions: number): void {
  const { orderBy, where } = select;
  if (orderBy.length === 0) return;
  if (where === undefined) {
    throw invalid("Must have WHERE clause in the statement when using ORDER BY clause.");
  }
  const names = keyAttributes(key).map(({ name }) => name);
  const stranger = orderBy.find(({ attribute }) => !names.includes(attribute));
  if (stranger !== undefined) {
    throw invalid(
      `Variable reference ${stranger.attribute} in ORDER BY clause must be part of the primary key`,
    );
  }
  if (partitions === 0) {
    throw invalid(
      "Must have at least one non-optional hash key condition in WHERE clause when using ORDER " +
        "BY clause.",
    );
  }
  if (partitions === 1 || partitionTerm(orderBy, key) !== undefined) return;
  throw invalid(
    "Must have hash key in ORDER BY clause when more than one hash key condition specified in " +
      "WHERE clause.",
  );
}

function partitionTerm(
  orderBy: readonly OrderTerm[],
  { partition }: KeySchema,
): OrderTerm | undefined {
  return orderBy.find(({ attribute }) => partition.some(({ name }) => name === attribute));
}

function ordered(
  partitions: readonly Partition[],
  orderBy: readonly OrderTerm[],
  key: KeySchema,
): readonly Partition[] {
  const term = partitionTerm(orderBy, key);
  if (term === undefined) return partitions;
  const sign = term.descending ? -1 : 1;
  return partitions.toSorted(
    ([left], [right]) =>
      sign * (compareScalars(left as AttributeValue, right as AttributeValue) ?? 0),
  );
}
