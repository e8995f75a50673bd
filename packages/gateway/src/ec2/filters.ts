import type { Tag } from "@firn/volumes";
import { ServiceError, list, string, structure } from "@firn/wire";
import type { Shape } from "@firn/wire";
import { invalidValue } from "./errors.ts";
import { matchesGlob } from "./glob.ts";

export interface Filter {
  readonly Name?: string | undefined;
  readonly Values?: readonly string[] | undefined;
}

export const filters: Shape<readonly Filter[], false> = list(
  structure({ Name: string(), Values: list(string(), { name: "Value" }) }),
  { name: "Filter" },
);

/** What of a resource a filter looks at: several values when any of them may match. */
export type FilterValues = readonly string[];

/** By the filters' names; a resource without that property has no values. */
export type FilterFields<T> = Readonly<Record<string, (resource: T) => FilterValues>>;

export type Matcher<T> = (resource: T) => boolean;

/** Values over all filters of one call, as EC2 bounds them. */
const VALUES_MAX = 200;

/**
 * A test for all filters of a request: each of them must match, by any of its values; `*` and `?`
 * are wildcards, a backslash takes their meaning away.
 * @throws InvalidParameterValue for a filter that the resource does not have, FilterLimitExceeded.
 */
export function matcherOf<T>(
  asked: readonly Filter[] | undefined,
  fields: FilterFields<T>,
  tagsOf?: (resource: T) => readonly Tag[],
): Matcher<T> {
  const given = asked ?? [];
  const count = given.reduce((sum, { Values = [] }) => sum + Values.length, 0);
  if (count > VALUES_MAX) {
    const text = `The maximum number of filter values specified on a single call is ${VALUES_MAX}`;
    throw new ServiceError("FilterLimitExceeded", 400, text);
  }
  const tests = given.map((filter) => matcherOfOne(filter, fields, tagsOf));
  return (resource) => tests.every((matches) => matches(resource));
}

function matcherOfOne<T>(
  { Name = "null", Values = [] }: Filter,
  fields: FilterFields<T>,
  tagsOf: ((resource: T) => readonly Tag[]) | undefined,
): Matcher<T> {
  const valuesOf = Object.hasOwn(fields, Name) ? fields[Name] : tagField(Name, tagsOf);
  if (valuesOf === undefined) throw invalidValue(`The filter '${Name.slice(0, 64)}' is invalid`);
  if (Values.length === 0) throw invalidValue(`The filter '${Name}' has no values`);
  return (resource) =>
    valuesOf(resource).some((value) => Values.some((pattern) => matchesGlob(pattern, value)));
}

function tagField<T>(
  name: string,
  tagsOf: ((resource: T) => readonly Tag[]) | undefined,
): ((resource: T) => FilterValues) | undefined {
  if (tagsOf === undefined) return undefined;
  if (name === "tag-key") return (resource) => tagsOf(resource).map(({ key }) => key);
  if (!name.startsWith("tag:")) return undefined;
  const wanted = name.slice("tag:".length);
  return (resource) =>
    tagsOf(resource)
      .filter(({ key }) => key === wanted)
      .map(({ value }) => value);
}

/** A time as filters write it. */
export function timeValue(ms: number): string {
  return new Date(ms).toISOString();
}
