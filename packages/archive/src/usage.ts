import { UsageTally, daysLacking, decodeKey, monthOf } from "@firn/core";
import type { MonthlyUse, ReadView, UsageLine, UsageOptions } from "@firn/core";
import { STORAGE } from "./monthly-use.ts";
import { decode, ownedPrefixes, vaultKeys, within } from "./records.ts";
import type { ArchiveRecord, PartRecord, VaultRecord } from "./records.ts";
import type { Session } from "./vault-access.ts";

/** Archives of all vaults, parts of open uploads; retrievals and early deletions of the month. */
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
    const month = options.month ?? monthOf(now);
    for await (const { key, value } of view.range(root, within(ownedPrefixes.use()))) {
      tally.addUse(ownerOf(key), decode<MonthlyUse>(value), month);
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
  const owner = ownerOf(key);
  return (item, amounts) => tally.add({ ...owner, item }, amounts);
}

function ownerOf(key: Uint8Array): Omit<Parameters<UsageTally["add"]>[0], "item"> {
  const [, accountId = "", region = ""] = decodeKey(key, ["text", "text", "text"]) as string[];
  return { service: "glacier", accountId, region };
}
