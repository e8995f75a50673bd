import { FirnError } from "@firn/core";
import { canceled } from "../engine/cancellation.ts";
import type { CancellationReason } from "../engine/transact-requests.ts";
import { invalid, tableError } from "../errors.ts";
import type { Statement } from "./statement.ts";
import type { BatchStatementError } from "./statement-requests.ts";

const DUPLICATE = "Duplicate primary key exists in table";
const EXPRESSION_PREFIX = /^Invalid \w+Expression: /;
const BATCH_CODES: Readonly<Record<string, BatchStatementError["code"]>> = {
  FIRN_TABLE_REQUEST_INVALID: "ValidationError",
  FIRN_TABLE_NOT_FOUND: "ResourceNotFound",
  FIRN_TABLE_CONDITION_FAILED: "ConditionalCheckFailed",
  FIRN_TABLE_DUPLICATE_ITEM: "DuplicateItem",
  FIRN_TABLE_THROUGHPUT_EXCEEDED: "ProvisionedThroughputExceeded",
  FIRN_TABLE_THROTTLED: "ThrottlingError",
  FIRN_TABLE_TRANSACTION_CONFLICT: "TransactionConflict",
};

/** An error of the engine in the words of a statement, which knows of no expressions. */
export function statementError(error: unknown, statement?: Statement): unknown {
  if (!(error instanceof FirnError)) return error;
  if (error.code === "FIRN_TABLE_CONDITION_FAILED" && statement?.kind === "insert") {
    return tableError("FIRN_TABLE_DUPLICATE_ITEM", DUPLICATE, error.detail);
  }
  if (error.code !== "FIRN_TABLE_REQUEST_INVALID") return error;
  return invalid(error.message.replace(EXPRESSION_PREFIX, ""));
}

/** The error of one statement of a batch. Other errors than those of requests are thrown on. */
export function batchError(error: unknown): BatchStatementError {
  if (!(error instanceof FirnError)) throw error;
  const code = BATCH_CODES[error.code] ?? "InternalServerError";
  const message = code === "InternalServerError" ? "Internal server error" : error.message;
  const { item } = error.detail as { readonly item?: BatchStatementError["item"] };
  return { code, message, item };
}

/** What is wrong with one statement of a transaction, with its place. */
export function transactionStatementError(error: unknown, at: number): unknown {
  if (!(error instanceof FirnError) || error.code !== "FIRN_TABLE_REQUEST_INVALID") return error;
  return invalid(`Validation failed in TransactStatements[${at}]: ${error.message}`);
}

/** An INSERT is not stopped by a condition but by the item that is there. */
export function transactionError(error: unknown, statements: readonly Statement[]): unknown {
  if (!(error instanceof FirnError) || error.code !== "FIRN_TABLE_TRANSACTION_CANCELED") {
    return statementError(error);
  }
  const { reasons } = error.detail as { readonly reasons: readonly CancellationReason[] };
  return canceled(
    reasons.map((reason, i) => {
      const duplicate =
        reason.code === "ConditionalCheckFailed" && statements[i]?.kind === "insert";
      return duplicate ? { ...reason, code: "DuplicateItem", message: DUPLICATE } : reason;
    }),
  );
}
