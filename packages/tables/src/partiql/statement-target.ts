import type { ParameterizedStatement } from "./statement-requests.ts";
import type { Statement } from "./statement.ts";
import { parseStatement } from "./statement-parser.ts";

/** What a PartiQL statement does to which table: for whoever decides whether it may. */
export interface StatementTarget {
  readonly kind: "select" | "insert" | "update" | "delete";
  readonly tableName: string;
  readonly indexName: string | undefined;
}

/** `undefined` for a statement that cannot be parsed: nothing carries it out. */
export function statementTarget({
  statement,
  parameters,
}: ParameterizedStatement): StatementTarget | undefined {
  let parsed: Statement;
  try {
    parsed = parseStatement(statement, parameters);
  } catch {
    return undefined;
  }
  if (parsed.kind === "exists") parsed = parsed.select;
  const { kind, tableName } = parsed;
  return { kind, tableName, indexName: parsed.kind === "select" ? parsed.indexName : undefined };
}
