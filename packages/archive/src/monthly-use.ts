import { addUse } from "@firn/core";
import type { MonthlyUse, Transaction, UsedAmounts } from "@firn/core";
import { encode, read, rootKeys } from "./records.ts";
import type { Session } from "./vault-access.ts";

/** The item under which archives are kept, in price lists. */
export const STORAGE = "storage VAULT";

/** Counts what is billed, in the transaction that it is about: never lost, never twice. */
export function noteUse(
  { root, scope }: Pick<Session, "root" | "scope">,
  tx: Transaction,
  added: Readonly<Record<string, Partial<UsedAmounts>>>,
): void {
  const key = rootKeys.use(scope);
  tx.put(root, key, encode(addUse(read<MonthlyUse>(tx, root, key), tx.now, added)));
}
