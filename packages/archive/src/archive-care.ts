import type { Session } from "./vault-access.ts";
import { manifestPublicKey, vaultManifests } from "./vault-manifest.ts";
import type { VaultManifest } from "./vault-manifest.ts";
import { verifyVault } from "./verify-vault.ts";
import type { VerifiedArchive } from "./verify-vault.ts";

/** What shows, over the years, that everything is still there. */
export class ArchiveCare {
  readonly #open: () => Session;

  constructor(open: () => Session) {
    this.#open = open;
  }

  /**
   * Reads every archive of a vault as a whole, behind the one `after`, and says which are what was
   * uploaded. @throws FIRN_VAULT_NOT_FOUND.
   */
  verifyVault(options: {
    readonly vaultName: string;
    readonly after?: string | undefined;
  }): AsyncGenerator<VerifiedArchive, void, void> {
    return verifyVault(this.#open(), options);
  }

  /** Signed lists of the archives of all vaults, of every account and region. */
  manifests(): AsyncGenerator<VaultManifest, void, void> {
    return vaultManifests(this.#open());
  }

  /** Their key, 64 hex digits: note it where nobody who may write here may write. */
  async manifestPublicKey(): Promise<string> {
    return manifestPublicKey(this.#open());
  }
}
