import type { Listing } from "@firn/volumes";
import { ServiceError, integer, string } from "@firn/wire";
import type { Shape } from "@firn/wire";
import { invalidCombination, invalidValue } from "./errors.ts";
import type { Matcher } from "./filters.ts";

export const maxResults: Shape<number, false> = integer();
export const nextToken: Shape<string, false> = string();
export const nextTokenOut: Shape<string, false> = string({ name: "nextToken" });

/** EC2 takes 5 to 1000, and gives pages of 1000 to whoever does not ask. */
const RESULTS_MIN = 5;
export const RESULTS_MAX = 1000;

export interface PageRequest {
  readonly MaxResults?: number | undefined;
  readonly NextToken?: string | undefined;
}

export interface ResultPage<T> {
  readonly items: readonly T[];
  readonly nextToken: string | undefined;
}

/** @throws InvalidParameterValue below 5; more than 1000 are 1000, as with the service. */
export function pageLimit({ MaxResults }: PageRequest, min: number = RESULTS_MIN): number {
  if (MaxResults === undefined) return RESULTS_MAX;
  if (MaxResults < min) {
    throw invalidValue(
      `Value ( ${MaxResults} ) for parameter maxResults is invalid. ` +
        `Expecting a value greater than ${min}.`,
    );
  }
  return Math.min(MaxResults, RESULTS_MAX);
}

/** One page of what matches, in the order of ids; the token says behind which id to go on. */
export async function pageOf<T>(
  listing: Listing<T>,
  request: PageRequest,
  { matches, idOf }: { readonly matches: Matcher<T>; readonly idOf: (item: T) => string },
): Promise<ResultPage<T>> {
  const limit = pageLimit(request);
  const items: T[] = [];
  for await (const page of listing.pages({ after: readToken(request.NextToken) })) {
    for (const item of page.items) {
      if (!matches(item)) continue;
      const last = items.at(-1);
      if (items.length === limit && last !== undefined) {
        return { items, nextToken: writeToken(idOf(last)) };
      }
      items.push(item);
    }
  }
  return { items, nextToken: undefined };
}

/** Ids and pages exclude each other. `set` is EC2's name for the ids. */
export function checkIdsOrPages(
  ids: readonly string[] | undefined,
  request: PageRequest,
  set: string,
): ids is readonly string[] {
  if (ids === undefined || ids.length === 0) return false;
  if (request.MaxResults !== undefined || request.NextToken !== undefined) {
    const other = request.MaxResults === undefined ? "nextToken" : "maxResults";
    const text = `The parameter ${set} cannot be used with the parameter ${other}`;
    throw invalidCombination(text);
  }
  if (ids.length > RESULTS_MAX) {
    throw invalidValue(`The parameter ${set} takes ${RESULTS_MAX} ids at the most.`);
  }
  return true;
}

const TOKEN_HEAD = "after:";

export function writeToken(id: string): string {
  return Buffer.from(TOKEN_HEAD + id).toString("base64url");
}

/** @throws InvalidPaginationToken for what `writeToken` has not written. */
export function readToken(token: string | undefined): string | undefined {
  if (token === undefined || token === "") return undefined;
  const text = Buffer.from(token, "base64url").toString();
  const id = text.slice(TOKEN_HEAD.length);
  if (text.startsWith(TOKEN_HEAD) && writeToken(id) === token) return id;
  const message = "The specified pagination token is not valid or is expired.";
  throw new ServiceError("InvalidPaginationToken", 400, message);
}
