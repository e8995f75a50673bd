import type { VaultDescription } from "@firn/archive";
import { long, string, structure, timestamp } from "@firn/wire";
import type { Shape } from "@firn/wire";

/** A vault as the API spells it. */
export interface VaultMember {
  readonly VaultARN?: string | undefined;
  readonly VaultName?: string | undefined;
  readonly CreationDate?: number | undefined;
  readonly LastInventoryDate?: number | undefined;
  readonly NumberOfArchives?: number | undefined;
  readonly SizeInBytes?: number | undefined;
}

export const vaultMembers: {
  readonly [K in keyof VaultMember]-?: Shape<NonNullable<VaultMember[K]>, false>;
} = {
  VaultARN: string(),
  VaultName: string(),
  CreationDate: timestamp({ format: "iso8601" }),
  LastInventoryDate: timestamp({ format: "iso8601" }),
  NumberOfArchives: long(),
  SizeInBytes: long(),
};

export const vaultDescription: Shape<VaultMember, false> = structure(vaultMembers);

export function describeVault(vault: VaultDescription): VaultMember {
  return {
    VaultARN: vault.vaultArn,
    VaultName: vault.vaultName,
    CreationDate: vault.creationDate,
    LastInventoryDate: vault.lastInventoryDate,
    NumberOfArchives: vault.numberOfArchives,
    SizeInBytes: vault.sizeInBytes,
  };
}
