import { TAGS_MAX } from "./constants.ts";
import { archiveError, invalid, missing } from "./errors.ts";
import { encode, read, vaultKeys } from "./records.ts";
import type { AccessPolicyRecord, NotificationRecord } from "./records.ts";
import { checkPolicy, checkTagKey, checkTagValue, checkTopic } from "./validation.ts";
import { readVault, withVault } from "./vault-access.ts";
import type { Session, VaultCall } from "./vault-access.ts";
import { parseVaultPolicy } from "./vault-policy.ts";

/** Tags of a vault: at most 10. */
export type Tags = Readonly<Record<string, string>>;

export interface VaultNotificationConfig {
  readonly snsTopic: string;
  /** ArchiveRetrievalCompleted, InventoryRetrievalCompleted. */
  readonly events: readonly string[];
}

const EVENTS: readonly string[] = ["ArchiveRetrievalCompleted", "InventoryRetrievalCompleted"];

export async function addTagsToVault(
  session: Session,
  options: { readonly vaultName: string; readonly tags: Tags },
): Promise<void> {
  const added = Object.entries(options.tags);
  if (added.length === 0) throw missing("Tags");
  for (const [key, value] of added) {
    checkTagKey(key);
    checkTagValue(value);
  }
  await withVault(session, tagCall(options.vaultName, "AddTagsToVault"), ({ tx, space }) => {
    const tags = new Map([
      ...Object.entries(read<Tags>(tx, space, vaultKeys.tags()) ?? {}),
      ...added,
    ]);
    if (tags.size > TAGS_MAX) {
      throw archiveError("FIRN_TAG_LIMIT", `A vault has at most ${TAGS_MAX} tags`);
    }
    tx.put(space, vaultKeys.tags(), encode(Object.fromEntries(tags)));
  });
}

export async function removeTagsFromVault(
  session: Session,
  options: { readonly vaultName: string; readonly tagKeys: readonly string[] },
): Promise<void> {
  if (options.tagKeys.length === 0) throw missing("TagKeys");
  await withVault(session, tagCall(options.vaultName, "RemoveTagsFromVault"), ({ tx, space }) => {
    const tags = Object.entries(read<Tags>(tx, space, vaultKeys.tags()) ?? {});
    const kept = tags.filter(([key]) => !options.tagKeys.includes(key));
    tx.put(space, vaultKeys.tags(), encode(Object.fromEntries(kept)));
  });
}

export function listTagsForVault(session: Session, vaultName: string): Promise<Tags> {
  return readVault(
    session,
    { vaultName, action: "ListTagsForVault" },
    async (vault) => (await vault.get<Tags>(vaultKeys.tags())) ?? {},
  );
}

export async function setVaultAccessPolicy(
  session: Session,
  options: { readonly vaultName: string; readonly policy: string },
): Promise<void> {
  const { vaultName } = options;
  const policy = checkPolicy(options.policy);
  parseVaultPolicy(policy);
  await withVault(session, { vaultName, action: "SetVaultAccessPolicy" }, ({ tx, space }) =>
    tx.put(space, vaultKeys.accessPolicy(), encode({ policy } satisfies AccessPolicyRecord)),
  );
}

export function getVaultAccessPolicy(
  session: Session,
  vaultName: string,
): Promise<AccessPolicyRecord> {
  return readVault(session, { vaultName, action: "GetVaultAccessPolicy" }, async (vault) => {
    const found = await vault.get<AccessPolicyRecord>(vaultKeys.accessPolicy());
    if (found !== undefined) return found;
    throw archiveError("FIRN_POLICY_NOT_FOUND", `No vault access policy is set on ${vault.arn}`);
  });
}

export async function deleteVaultAccessPolicy(session: Session, vaultName: string): Promise<void> {
  await withVault(session, { vaultName, action: "DeleteVaultAccessPolicy" }, ({ tx, space }) =>
    tx.delete(space, vaultKeys.accessPolicy()),
  );
}

export async function setVaultNotifications(
  session: Session,
  options: { readonly vaultName: string; readonly config: VaultNotificationConfig },
): Promise<void> {
  const { snsTopic, events } = options.config;
  const record: NotificationRecord = { snsTopic: checkTopic(snsTopic), events: [...events] };
  const unknown = events.find((event) => !EVENTS.includes(event));
  if (events.length === 0) throw missing("Events");
  if (unknown !== undefined) throw invalid(`Invalid event: ${unknown.slice(0, 100)}`);
  const call = { vaultName: options.vaultName, action: "SetVaultNotifications" };
  await withVault(session, call, ({ tx, space }) =>
    tx.put(space, vaultKeys.notifications(), encode(record)),
  );
}

export function getVaultNotifications(
  session: Session,
  vaultName: string,
): Promise<VaultNotificationConfig> {
  return readVault(session, { vaultName, action: "GetVaultNotifications" }, async (vault) => {
    const found = await vault.get<NotificationRecord>(vaultKeys.notifications());
    if (found !== undefined) return found;
    const message = `No notification configuration is set for vault: ${vault.arn}`;
    throw archiveError("FIRN_NOTIFICATIONS_NOT_FOUND", message);
  });
}

export async function deleteVaultNotifications(session: Session, vaultName: string): Promise<void> {
  await withVault(session, { vaultName, action: "DeleteVaultNotifications" }, ({ tx, space }) =>
    tx.delete(space, vaultKeys.notifications()),
  );
}

function tagCall(vaultName: string, action: string): VaultCall {
  return { vaultName, action, reads: [vaultKeys.tags()] };
}
