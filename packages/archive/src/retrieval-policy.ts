import type { Transaction } from "@firn/core";
import { FREE_TIER_BYTES, RETRIEVAL_WINDOW_MS } from "./constants.ts";
import { archiveError, invalid, missing } from "./errors.ts";
import { decode, encode, read, rootKeys } from "./records.ts";
import type { Session } from "./vault-access.ts";

/** How much may be retrieved with the Standard tier, for one account and region. */
export interface DataRetrievalRule {
  /** BytesPerHour, FreeTier (10 GiB a month) or None (no bound). */
  readonly strategy: string;
  /** Only with the strategy BytesPerHour, and needed there: 1 or more. */
  readonly bytesPerHour?: number | undefined;
}

/** A policy has exactly one rule. */
export interface DataRetrievalPolicy {
  readonly rules: readonly DataRetrievalRule[];
}

/** What was retrieved: by minute for the last hour, and in the calendar month. */
interface RetrievedRecord {
  readonly minutes: readonly (readonly [minute: number, bytes: number])[];
  readonly month: string;
  readonly monthBytes: number;
}

const MINUTE_MS = 60_000;

export async function getDataRetrievalPolicy(session: Session): Promise<DataRetrievalPolicy> {
  const { store, root, scope } = session;
  const found = await store.get(root, rootKeys.retrievalPolicy(scope));
  return found ? decode<DataRetrievalPolicy>(found) : { rules: [{ strategy: "None" }] };
}

export async function setDataRetrievalPolicy(
  session: Session,
  policy: DataRetrievalPolicy,
): Promise<void> {
  const { store, root, scope } = session;
  const [rule, ...more] = policy.rules;
  if (rule === undefined) throw missing("Policy.Rules");
  if (more.length > 0) throw invalid("Invalid policy: exactly one rule is allowed");
  checkRule(rule);
  await store.transact((tx) =>
    tx.put(root, rootKeys.retrievalPolicy(scope), encode({ rules: [rule] })),
  );
}

/**
 * Counts a Standard retrieval against the policy, in the transaction that starts the job.
 * @throws FIRN_RETRIEVAL_DENIED when it would exceed what the policy lets.
 */
export function spendRetrieval(session: Session, tx: Transaction, bytes: number): void {
  const { root, scope } = session;
  const policy = read<DataRetrievalPolicy>(tx, root, rootKeys.retrievalPolicy(scope));
  const rule = policy?.rules[0];
  if (rule === undefined || rule.strategy === "None") return;
  const before = currentUse(read<RetrievedRecord>(tx, root, rootKeys.retrieved(scope)), tx.now);
  const hourBytes = before.minutes.reduce((sum, [, spent]) => sum + spent, 0);
  const [spent, allowed] =
    rule.strategy === "FreeTier"
      ? [before.monthBytes, FREE_TIER_BYTES]
      : [hourBytes, rule.bytesPerHour ?? 0];
  if (spent + bytes > allowed) {
    const message = "InitiateJob request denied by current data retrieval policy.";
    throw archiveError("FIRN_RETRIEVAL_DENIED", message, { detail: { spent, bytes, allowed } });
  }
  tx.put(root, rootKeys.retrieved(scope), encode(addUse(before, tx.now, bytes)));
}

function checkRule(rule: DataRetrievalRule): void {
  const { strategy, bytesPerHour } = rule;
  if (!["BytesPerHour", "FreeTier", "None"].includes(strategy)) {
    throw invalid(`Invalid Strategy: ${strategy.slice(0, 100)}`);
  }
  if (strategy !== "BytesPerHour") {
    if (bytesPerHour === undefined) return;
    throw invalid("BytesPerHour is only for the strategy BytesPerHour");
  }
  if (bytesPerHour === undefined) throw missing("BytesPerHour");
  if (!(Number.isSafeInteger(bytesPerHour) && bytesPerHour >= 1)) {
    throw invalid(`Invalid BytesPerHour: ${bytesPerHour}`);
  }
}

function currentUse(record: RetrievedRecord | undefined, now: number): RetrievedRecord {
  const month = new Date(now).toISOString().slice(0, 7);
  const since = Math.floor((now - RETRIEVAL_WINDOW_MS) / MINUTE_MS);
  return {
    minutes: record?.minutes.filter(([minute]) => minute > since) ?? [],
    month,
    monthBytes: record?.month === month ? record.monthBytes : 0,
  };
}

function addUse(use: RetrievedRecord, now: number, bytes: number): RetrievedRecord {
  const minute = Math.floor(now / MINUTE_MS);
  const minutes = new Map(use.minutes);
  minutes.set(minute, (minutes.get(minute) ?? 0) + bytes);
  return { ...use, minutes: [...minutes], monthBytes: use.monthBytes + bytes };
}
