import { invalid, tableError } from "../errors.ts";
import { decreasesToday } from "./describe-table.ts";
import type { Throughput } from "./table-record.ts";
import type { ProvisionedThroughput } from "./table-requests.ts";

/** Decreases that a day begins with; after them one per hour. */
const FREE_DECREASES = 4;
const HOUR_MS = 60 * 60 * 1000;

/**
 * Provisioned throughput after a change.
 * @throws FIRN_TABLE_REQUEST_INVALID when nothing changes, FIRN_TABLE_LIMIT_EXCEEDED for a decrease
 * too many.
 */
export function changeThroughput(
  present: Throughput,
  wanted: ProvisionedThroughput,
  at: { readonly nowMs: number; readonly what: "table" | "index" },
): Throughput {
  const { readCapacityUnits: read, writeCapacityUnits: write } = wanted;
  if (read === present.read && write === present.write) throw unchanged(present, wanted, at.what);
  const increased = read > present.read || write > present.write;
  const decreased = read < present.read || write < present.write;
  return {
    ...present,
    read,
    write,
    ...(increased ? { increasedMs: at.nowMs } : {}),
    ...(decreased ? countDecrease(present, at.nowMs) : {}),
  };
}

function unchanged(present: Throughput, wanted: ProvisionedThroughput, what: string): Error {
  return invalid(
    `The provisioned throughput for the ${what} will not change. The requested value equals the ` +
      "current value. " +
      `Current ReadCapacityUnits provisioned for the ${what}: ${present.read}. ` +
      `Requested ReadCapacityUnits: ${wanted.readCapacityUnits}. ` +
      `Current WriteCapacityUnits provisioned for the ${what}: ${present.write}. ` +
      `Requested WriteCapacityUnits: ${wanted.writeCapacityUnits}. ` +
      "Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher " +
      "limits.",
  );
}

function countDecrease(
  present: Throughput,
  nowMs: number,
): Pick<Throughput, "decreasedMs" | "decreasesToday"> {
  const count = decreasesToday(present, nowMs);
  const nextMs = (present.decreasedMs ?? 0) + HOUR_MS;
  if (count >= FREE_DECREASES && nowMs < nextMs) {
    throw tableError(
      "FIRN_TABLE_LIMIT_EXCEEDED",
      "Subscriber limit exceeded: Provisioned throughput decreases are limited within a given " +
        "UTC day. After the first 4 decreases, each subsequent decrease in the same UTC day can " +
        `be performed at most once every 3600 seconds. Number of decreases today: ${count}.`,
      { nextMs },
    );
  }
  return { decreasedMs: nowMs, decreasesToday: count + 1 };
}
