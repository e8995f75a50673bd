import { ServiceError } from "@firn/wire";
import type { Malformed } from "@firn/wire";
import type { Refusals } from "../frame/refusals.ts";
import { refusalsOf } from "../frame/refusals.ts";
import { dynamoConstraintText } from "./constraint-text.ts";
import { malformed, wrongScalar } from "./documents.ts";

const JAVA_TYPES: Readonly<Record<string, string>> = {
  string: "String",
  integer: "Integer",
  long: "Long",
  double: "Double",
  boolean: "Boolean",
};

/** How DynamoDB says no before it looks at tables. */
export const dynamoDbRefusals: Refusals = {
  ...refusalsOf("json-1.0"),
  malformed: malformedRequest,
  invalid: (problems) =>
    new ServiceError("ValidationException", 400, dynamoConstraintText(problems)),
  unsupported: (member) =>
    new ServiceError(
      "ValidationException",
      400,
      `One or more parameter values were invalid: ${member} is not supported by this endpoint`,
    ),
};

function malformedRequest({ kind, expected = "", value, path }: Malformed): ServiceError {
  if (kind !== "type" || path === "") return malformed("");
  const java = JAVA_TYPES[expected];
  if (java !== undefined) return wrongScalar(value, java);
  if (typeof value !== "object") return malformed("Unexpected field type");
  return malformed(
    Array.isArray(value)
      ? "Unrecognized collection type"
      : "Start of structure or map found where not expected",
  );
}
