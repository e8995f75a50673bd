import { FirnError } from "@firn/core";
import { tableError } from "../errors.ts";
import { CONFLICT_MESSAGE } from "./transaction-locks.ts";
import type { CancellationReason } from "./transact-requests.ts";

export const NO_REASON: CancellationReason = { code: "None" };
export const CONFLICT: CancellationReason = {
  code: "TransactionConflict",
  message: CONFLICT_MESSAGE,
};

/** The reasons in the order of the actions; the error's detail has them. */
export function canceled(reasons: readonly CancellationReason[]): FirnError {
  const codes = reasons.map(({ code }) => code).join(", ");
  return tableError(
    "FIRN_TABLE_TRANSACTION_CANCELED",
    `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`,
    { reasons },
  );
}

/** @throws FIRN_TABLE_TRANSACTION_CANCELED when there is a reason. */
export function cancelIfAny(reasons: readonly CancellationReason[]): void {
  if (reasons.some(({ code }) => code !== "None")) throw canceled(reasons);
}

/** What an action's own error means for its transaction; other errors are thrown on. */
export function reasonOf(error: unknown): CancellationReason {
  if (!(error instanceof FirnError)) throw error;
  const { code, message } = error;
  // A key without a value is refused before the transaction begins.
  if (code === "FIRN_TABLE_REQUEST_INVALID" && !message.includes("cannot contain an empty")) {
    return { code: "ValidationError", message };
  }
  if (code === "FIRN_TABLE_THROUGHPUT_EXCEEDED") {
    return { code: "ProvisionedThroughputExceeded", message };
  }
  if (code === "FIRN_TABLE_THROTTLED") return { code: "ThrottlingError", message };
  throw error;
}
