import { constraintText } from "@firn/wire";
import type { Problem } from "@firn/wire";

/** How DynamoDB words broken constraints; it differs in places from the other JSON services. */
export function dynamoConstraintText(problems: readonly Problem[]): string {
  // A table name that is there and wrong is refused before anything else is looked at.
  const name = problems.find(({ path, value }) => path === "tableName" && value !== undefined);
  if (name !== undefined) return constraintText([name]);
  const [first] = problems;
  const keys = first === undefined ? undefined : batchGetKeys(first);
  if (keys !== undefined) return keys;
  return constraintText(problems.map(readable));
}

/** Too many keys of one table are told without their value. */
function batchGetKeys({ path, rule }: Problem): string | undefined {
  const table = /^requestItems\.(.+)\.member\.keys$/.exec(path)?.[1];
  if (table === undefined || rule.kind !== "max") return undefined;
  return (
    `1 validation error detected: Value at 'RequestItems.${table}.member.Keys' failed to satisfy ` +
    `constraint: Member must have length less than or equal to ${rule.bound}`
  );
}

/** Structures in a list are printed with their class and lower-camel members. */
function readable(problem: Problem): Problem {
  if (!Array.isArray(problem.value) || !problem.path.endsWith("eySchema")) return problem;
  const elements = problem.value as readonly Readonly<Record<string, unknown>>[];
  const value = elements.map(
    ({ AttributeName, KeyType }) =>
      `KeySchemaElement(attributeName=${String(AttributeName)}, keyType=${String(KeyType)})`,
  );
  return { ...problem, value };
}
