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
  const found = findPartitions(naming, conjuncts, partitionName(key));
  checkOrder(select, key, found?.partitions.length ?? 0);
  if (found === undefined) {
    return { keyConditions: undefined, filter: joined(conjuncts), descending: false };
  }
  const rest = conjuncts.filter((each) => each !== found.used);
  const sortName = key.sort[0]?.name;
  const sortTerm = rest.find((each) => sortName !== undefined && isKeyTerm(naming, each, sortName));
  const partitions = ordered(found.partitions, orderBy, key);
  return {
    keyConditions: partitions.map((value) => {
      const partition = equality(naming, partitionName(key), value);
      return sortTerm === undefined ? partition : { kind: "and", terms: [partition, sortTerm] };
    }),
    filter: joined(rest.filter((each) => each !== sortTerm)),
    descending: orderBy.some(({ attribute, descending }) => descending && attribute === sortName),
  };
}

/** PartiQL reads no index whose key has more than one attribute for the partition. */
function partitionName({ partition }: KeySchema): string {
  return partition[0]?.name ?? "";
}

/** The partitions that one of the conditions limits the SELECT to. */
function findPartitions(
  naming: Naming,
  conjuncts: readonly Condition[],
  name: string,
): { readonly partitions: readonly AttributeValue[]; readonly used: Condition } | undefined {
  for (const used of conjuncts) {
    const values = equalsOf(naming, used, name);
    if (values !== undefined) return { partitions: distinct(values), used };
  }
  return undefined;
}

function distinct(values: readonly AttributeValue[]): AttributeValue[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
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

function equality(naming: Naming, name: string, value: AttributeValue): Condition {
  return {
    kind: "compare",
    operator: "=",
    left: { kind: "path", path: [naming.nameKey(name)] },
    right: { kind: "value", name: naming.valueKey(value) },
  };
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

function partitionTerm(orderBy: readonly OrderTerm[], key: KeySchema): OrderTerm | undefined {
  return orderBy.find(({ attribute }) => attribute === partitionName(key));
}

function ordered(
  partitions: readonly AttributeValue[],
  orderBy: readonly OrderTerm[],
  key: KeySchema,
): readonly AttributeValue[] {
  const term = partitionTerm(orderBy, key);
  if (term === undefined) return partitions;
  const sign = term.descending ? -1 : 1;
  return partitions.toSorted((left, right) => sign * (compareScalars(left, right) ?? 0));
}
