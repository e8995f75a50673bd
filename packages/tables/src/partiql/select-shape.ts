import type { ItemText } from "../engine/requests.ts";
import { readPath } from "../expression/path.ts";
import type { AttributeValue } from "../value/attribute-value.ts";
import { parseItem, setAttribute } from "../value/attribute-value.ts";
import type { ExpressionWriter } from "./expression-writer.ts";
import type { SelectStatement } from "./statement.ts";

/** What a SELECT asks of the engine, and makes of its items. */
export interface SelectShape {
  readonly projectionExpression: string | undefined;
  shape(item: ItemText): ItemText;
}

/**
 * The engine cuts items to the attributes named; a path into one is answered under its last name,
 * as PartiQL does, and an element of a list under its place among what is selected: `_1`.
 */
export function shapeOf(select: SelectStatement, writer: ExpressionWriter): SelectShape {
  const { projection, naming } = select;
  if (projection === undefined) return { projectionExpression: undefined, shape: asIs };
  const heads = [...new Set(projection.map(([head]) => head as string))];
  const projectionExpression = heads.map((head) => writer.path([head])).join(", ");
  if (projection.every(({ length }) => length === 1)) return { projectionExpression, shape: asIs };
  const columns = projection.map((raw, i) => {
    const path = naming.pathOf(raw);
    const last = path.at(-1);
    return { path, name: typeof last === "string" ? last : `_${i + 1}` };
  });
  return {
    projectionExpression,
    shape(text) {
      const item = parseItem(text);
      const row: Record<string, AttributeValue> = {};
      for (const { path, name } of columns) {
        const value = readPath(item, path);
        if (value !== undefined) setAttribute(row, name, value);
      }
      return Buffer.from(JSON.stringify(row));
    },
  };
}

function asIs(item: ItemText): ItemText {
  return item;
}
