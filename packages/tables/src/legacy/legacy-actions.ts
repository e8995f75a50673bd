import { invalidParameters } from "../errors.ts";
import type { BoundAction } from "../expression/update.ts";
import { typeOf } from "../value/attribute-value.ts";
import { checkValue } from "../value/check-value.ts";
import type { AttributeUpdate, LegacyUpdates } from "./legacy-requests.ts";

const ADDABLE: ReadonlySet<string> = new Set(["N", "SS", "NS", "BS", "L"]);
const DELETABLE: ReadonlySet<string> = new Set(["SS", "NS", "BS"]);

/** AttributeUpdates as update actions. @throws FIRN_TABLE_REQUEST_INVALID. */
export function legacyActions({ attributeUpdates }: LegacyUpdates): readonly BoundAction[] {
  return Object.entries(attributeUpdates ?? {}).map(([name, update]) => {
    if (update.value !== undefined) checkValue(update.value);
    return actionOf(name, update);
  });
}

function actionOf(name: string, { action = "PUT", value }: AttributeUpdate): BoundAction {
  const path = [name];
  if (value === undefined) {
    if (action === "DELETE") return { kind: "remove", path };
    throw invalidParameters("Only DELETE action is allowed when no attribute value is specified");
  }
  const type = typeOf(value);
  switch (action) {
    case "PUT":
      return { kind: "set", path, value: { kind: "value", value } };
    case "ADD":
      if (ADDABLE.has(type)) return { kind: "add", path, value };
      throw invalidParameters(`ADD action is not supported for the type ${type}`);
    case "DELETE":
      if (DELETABLE.has(type)) return { kind: "delete", path, value };
      throw invalidParameters(`DELETE action with value is not supported for the type ${type}`);
  }
}
