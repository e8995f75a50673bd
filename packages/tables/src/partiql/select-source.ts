import type { IndexRecord, TableRecord } from "../catalog/table-record.ts";
import { indexesOf } from "../catalog/table-record.ts";
import { startKeyNames } from "../engine/item-key.ts";
import { isGlobal } from "../engine/range-request.ts";
import { invalid, invalidParameters } from "../errors.ts";
import type { Condition, Operand } from "../expression/ast.ts";
import type { Naming } from "./naming.ts";
import type { SelectStatement } from "./statement.ts";

/**
 * The index that a SELECT names, if it does. Its refusals are not worded as those of a Query.
 * @throws FIRN_TABLE_REQUEST_INVALID.
 */
export function selectSource(
  { indexName, naming, where }: SelectStatement,
  table: TableRecord,
  consistentRead: boolean | undefined,
): IndexRecord | undefined {
  if (indexName === undefined) return undefined;
  const index = indexesOf(table).find(({ name }) => name === indexName);
  if (index === undefined) throw invalid("The table does not have the specified index");
  if (index.key.partition.length > 1 || index.key.sort.length > 1) {
    throw invalid(
      "PartiQL statements cannot be executed on tables with multi-attribute HASH keys or " +
        "multi-attribute RANGE keys.",
    );
  }
  if (consistentRead === true && isGlobal(table, index)) {
    throw invalid("Strongly consistent read is not supported on Global Secondary Indexes");
  }
  checkFilterAttributes(table, index, where === undefined ? [] : attributesOf(naming, where));
  return index;
}

/** A WHERE looks at what the index has, also where a projection may reach further. */
function checkFilterAttributes(
  table: TableRecord,
  index: IndexRecord,
  names: readonly string[],
): void {
  if (index.projection.type === "ALL") return;
  const has = new Set([...startKeyNames(table, index), ...index.projection.nonKeyAttributes]);
  const missing = [...new Set(names)].filter((name) => !has.has(name));
  if (missing.length === 0) return;
  throw invalidParameters(
    `Secondary index ${index.name} does not project one or more filter attributes: ` +
      `[${missing.join(", ")}]`,
  );
}

/** The attributes that a condition reads, in its order. */
function attributesOf(naming: Naming, condition: Condition): string[] {
  switch (condition.kind) {
    case "and":
    case "or":
      return condition.terms.flatMap((term) => attributesOf(naming, term));
    case "not":
      return attributesOf(naming, condition.term);
    case "compare":
      return attributesOfAll(naming, [condition.left, condition.right]);
    case "between":
      return attributesOfAll(naming, [condition.operand, condition.low, condition.high]);
    case "in":
      return attributesOfAll(naming, [condition.operand, ...condition.among]);
    case "call":
      return attributesOfAll(naming, condition.args);
  }
}

function attributesOfAll(naming: Naming, operands: readonly Operand[]): string[] {
  return operands.flatMap((operand) => {
    if (operand.kind === "call") return attributesOfAll(naming, operand.args);
    return operand.kind === "path" ? [naming.nameOf(operand.path[0] as string)] : [];
  });
}
