import type { AttributeValue, ItemText, ParameterizedStatement } from "@firn/tables";
import { list, requiredDocument, string } from "@firn/wire";
import type { Shape } from "@firn/wire";
import { attributeValue } from "./documents.ts";

/* What the three operations that take PartiQL share. */

const STATEMENT_CHARACTERS_MAX = 8192;
const OPEN = Buffer.from('{"Item":');
const CLOSE = Buffer.from("}");
const EMPTY = Buffer.from("{}");

export const statementText: Shape<string, true> = string({
  required: true,
  min: 1,
  max: STATEMENT_CHARACTERS_MAX,
});

export const parameters: Shape<readonly unknown[], false> = list(requiredDocument(), { min: 1 });

export interface WireStatement {
  readonly Statement: string;
  readonly Parameters?: readonly unknown[] | undefined;
  readonly ReturnValuesOnConditionCheckFailure?: "ALL_OLD" | "NONE" | undefined;
}

/** @throws SerializationException for a parameter that is no attribute value. */
export function statementOf(given: WireStatement): ParameterizedStatement {
  return {
    statement: given.Statement,
    parameters: given.Parameters?.map((each): AttributeValue => attributeValue(each)),
    returnValuesOnConditionCheckFailure: given.ReturnValuesOnConditionCheckFailure,
  };
}

/** `{"Item": …}`, or an empty structure. */
export function itemResponse(item: ItemText | undefined): Uint8Array {
  return item === undefined ? EMPTY : Buffer.concat([OPEN, item, CLOSE]);
}
