import { objectError } from "../errors.ts";

/** The size of a page: the caller's, or the most. @throws FIRN_OBJECT_ARGUMENT_INVALID. */
export function checkCount(
  argument: string,
  value: number | undefined,
  range: { readonly min: number; readonly max: number },
): number {
  if (value === undefined) return range.max;
  if (Number.isInteger(value) && value >= range.min && value <= range.max) return value;
  throw objectError(
    "FIRN_OBJECT_ARGUMENT_INVALID",
    `Argument ${argument} must be an integer between ${range.min} and ${range.max}`,
    { detail: { argument, value } },
  );
}
