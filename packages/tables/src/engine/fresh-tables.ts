import { FirnError } from "@firn/core";
import { STALE_TABLE_RETRIES } from "../constants.ts";
import type { EngineContext } from "./engine-context.ts";
import { asTableNotFound } from "./engine-context.ts";
import type { Mutation } from "./mutation.ts";

/*
 * A write is prepared against a table's record and decided later, in a transaction. Between the two
 * somebody may add an index. So each transaction looks whether its records are still the known
 * ones; if not, the write is prepared again. The record becomes known before an index begins to be
 * filled: what was decided with the old record is there to be found by the filling.
 */

/** Thrown inside a transaction, which it undoes; never seen outside of this folder. */
class StaleTableError extends Error {}

/** To be called first in the body of every transaction that writes items. */
export function assertFresh(context: EngineContext, mutations: readonly Mutation[]): void {
  for (const { table } of mutations) {
    if (context.catalog.isStale(context.scope, table)) throw new StaleTableError();
  }
}

/**
 * Runs `attempt`, which must look its tables up itself, again as long as they change under it.
 * @throws FIRN_TABLE_NOT_FOUND when they are gone.
 */
export async function withFreshTables<T>(
  context: EngineContext,
  attempt: () => Promise<T>,
): Promise<T> {
  for (let retries = 0; ; retries++) {
    try {
      return await attempt();
    } catch (error) {
      await tablesChanged(context, error, retries);
    }
  }
}

/** Whether a key space is gone that a write was made for. */
export function isDropped(error: unknown): boolean {
  return error instanceof FirnError && error.code === "FIRN_KEY_SPACE_NOT_FOUND";
}

/**
 * Resolves when an attempt that failed with this error is worth another: tables changed under it,
 * and the changes are known now. @throws `error` when it is anything else, FIRN_TABLE_NOT_FOUND.
 */
export async function tablesChanged(
  context: EngineContext,
  error: unknown,
  retries: number,
): Promise<void> {
  if (!isDropped(error) && !(error instanceof StaleTableError)) throw error;
  if (retries === STALE_TABLE_RETRIES) throw asTableNotFound(error);
  // A key space that is gone was a table's or an index's: the catalog knows when it is settled.
  await context.catalog.settled();
}
