import { UsageTally, daysLacking, decodeKey } from "@firn/core";
import type { ReadView, UsageLine, UsageOptions } from "@firn/core";
import { monthOf } from "./archives.ts";
import { decode, ownedPrefixes, vaultKeys, within } from "./records.ts";
import type { ArchiveRecord, OwedRecord, PartRecord, VaultRecord } from "./records.ts";
import type { Session } from "./vault-access.ts";

const STORAGE = "storage VAULT";

/** Archives of all vaults, parts of open uploads, and what early deletions of this month owe. */
export async function usageOfArchive(
  session: Session,
  options: UsageOptions,
): Promise<UsageLine[]> {
  const { store, root } = session;
  const now = store.clock.now();
  const tally = new UsageTally();
  const view = store.view();
  try {
    for await (const { key, value } of view.range(root, within(ownedPrefixes.vaults()))) {
      const add = adder(tally, key);
      const vault = decode<VaultRecord>(value);
      await addVault(view, vault, { add, now, minimumDays: options.minimumDays(STORAGE) });
    }
    for await (const { key, value } of view.range(root, within(ownedPrefixes.owed()))) {
      const { month, byteDays } = decode<OwedRecord>(value);
      if (month === monthOf(now)) adder(tally, key)(STORAGE, { owedByteDays: byteDays });
    }
  } finally {
    view.close();
  }
  return tally.lines();
}

type Add = (item: string, amounts: Parameters<UsageTally["add"]>[1]) => void;

async function addVault(
  view: ReadView,
  { space }: VaultRecord,
  to: { readonly add: Add; readonly now: number; readonly minimumDays: number },
): Promise<void> {
  for await (const { value } of view.range(space, within(vaultKeys.archives()))) {
    const { size: bytes, createdAt } = decode<ArchiveRecord>(value);
    const lacking = daysLacking(to.minimumDays, createdAt, to.now);
    to.add(STORAGE, { count: 1, bytes, earlyByteDays: bytes * lacking });
  }
  for await (const { value } of view.range(space, within(vaultKeys.allParts()))) {
    to.add("parts of open uploads", { count: 1, bytes: decode<PartRecord>(value).piece.bytes });
  }
}

/** Lines of the account and region that are in a key of the root key space. */
function adder(tally: UsageTally, key: Uint8Array): Add {
  const [, accountId, region] = decodeKey(key, ["text", "text", "text"]) as string[];
  if (accountId === undefined || region === undefined) return () => undefined;
  return (item, amounts) => tally.add({ service: "glacier", accountId, region, item }, amounts);
}
