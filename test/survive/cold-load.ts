import { Glacier } from "@aws-sdk/client-glacier";
import { S3 } from "@aws-sdk/client-s3";
import type { SeededRandom } from "@firn/core";
import { Register, contentOf } from "./load.ts";
import type { DeathWatch, Load } from "./load.ts";
import { credentials, region } from "./server-process.ts";
import type { ServerProcess } from "./server-process.ts";

const Bucket = "survive-cold";
const accountId = "-";
const policy = {
  Policy: JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Deny", Principal: "*", Action: "glacier:DeleteArchive", Resource: "*" }],
  }),
};

type LockState = "none" | "InProgress" | "Locked";
type RestoreState = "none" | "ongoing";

interface Locked {
  readonly vaultName: string;
  readonly state: Register<LockState>;
  /** Known when the call that began the lock was answered. */
  lockId: string | undefined;
}

interface Restored {
  readonly Key: string;
  readonly bytes: number;
  readonly state: Register<RestoreState>;
}

/** Vault locks begun and completed, and cold objects of S3 restored, across all crashes. */
export class ColdLoad implements Load {
  readonly name = "cold";
  acknowledged = 0;
  readonly #random: SeededRandom;
  readonly #watch: DeathWatch;
  readonly #locks: Locked[] = [];
  readonly #restores: Restored[] = [];
  #touched: (Locked | Restored)[] = [];

  constructor(random: SeededRandom, watch: DeathWatch) {
    this.#random = random;
    this.#watch = watch;
  }

  async prepare(server: ServerProcess): Promise<void> {
    await using(server, async ({ s3 }) => void (await s3.createBucket({ Bucket })));
  }

  async run(server: ServerProcess, dead: AbortSignal): Promise<void> {
    this.#touched = [];
    await using(server, (clients) => this.#watch.until(dead, () => this.#step(clients)));
  }

  async #step(clients: Clients): Promise<void> {
    const choice = this.#random.float();
    const open = this.#locks.find(({ lockId, state }) => {
      return lockId !== undefined && state.known === "InProgress";
    });
    if (choice < 0.5) await this.#restore(clients);
    else if (choice < 0.75 || open === undefined) await this.#beginLock(clients);
    else await this.#completeLock(clients, open);
    this.acknowledged++;
  }

  async #restore({ s3 }: Clients): Promise<void> {
    const Key = `cold-${this.#restores.length}`;
    const bytes = 1 + this.#random.below(20_000);
    const restored = { Key, bytes, state: new Register<RestoreState>("none", Object.is) };
    const StorageClass = "GLACIER";
    await s3.putObject({ Bucket, Key, Body: contentOf(Key, bytes), StorageClass });
    this.#restores.push(restored);
    this.#touched.push(restored);
    const Tier = (["Expedited", "Standard", "Bulk"] as const)[this.#random.below(3)];
    restored.state.attempt("ongoing");
    const RestoreRequest = { Days: 3, GlacierJobParameters: { Tier } };
    await s3.restoreObject({ Bucket, Key, RestoreRequest });
    restored.state.acknowledge("ongoing");
  }

  async #beginLock({ glacier }: Clients): Promise<void> {
    const vaultName = `locked-${this.#locks.length}`;
    const state = new Register<LockState>("none", Object.is);
    const locked: Locked = { vaultName, state, lockId: undefined };
    await glacier.createVault({ accountId, vaultName });
    this.#locks.push(locked);
    this.#touched.push(locked);
    state.attempt("InProgress");
    const { lockId } = await glacier.initiateVaultLock({ accountId, vaultName, policy });
    locked.lockId = lockId;
    state.acknowledge("InProgress");
  }

  async #completeLock({ glacier }: Clients, locked: Locked): Promise<void> {
    const { vaultName, lockId, state } = locked;
    this.#touched.push(locked);
    state.attempt("Locked");
    await glacier.completeVaultLock({ accountId, vaultName, lockId });
    state.acknowledge("Locked");
  }

  async verify(server: ServerProcess, everything: boolean): Promise<void> {
    const wanted = new Set<unknown>(this.#touched);
    const isWanted = (one: Locked | Restored): boolean => everything || wanted.has(one);
    await using(server, async (clients) => {
      for (const locked of this.#locks.filter(isWanted)) {
        locked.state.settle(`the lock of ${locked.vaultName}`, await lockOf(clients, locked));
      }
      for (const { Key, state } of this.#restores.filter(isWanted)) {
        const { Restore } = await clients.s3.headObject({ Bucket, Key });
        state.settle(`the restore of ${Key}`, Restore === undefined ? "none" : "ongoing");
      }
    });
  }

  /** On a clock moved on by 12 hours: what was restored is read, no lock can be undone. */
  async finish(server: ServerProcess): Promise<void> {
    await using(server, async ({ s3, glacier }) => {
      for (const { Key, bytes, state } of this.#restores) {
        if (state.known === "none") continue;
        const { Body } = await s3.getObject({ Bucket, Key });
        const found = await Body!.transformToByteArray();
        if (!contentOf(Key, bytes).equals(found)) throw new Error(`${Key} has other bytes`);
      }
      for (const { vaultName, state } of this.#locks) {
        if (state.known !== "Locked") continue;
        const undone = await glacier.abortVaultLock({ accountId, vaultName }).then(
          () => true,
          () => false,
        );
        if (undone) throw new Error(`the lock of ${vaultName} was undone`);
      }
    });
  }
}

async function lockOf({ glacier }: Clients, { vaultName }: Locked): Promise<LockState> {
  try {
    const { State } = await glacier.getVaultLock({ accountId, vaultName });
    return State as LockState;
  } catch (error) {
    if ((error as Error).name === "ResourceNotFoundException") return "none";
    throw error;
  }
}

interface Clients {
  readonly glacier: Glacier;
  readonly s3: S3;
}

async function using(
  server: ServerProcess,
  work: (clients: Clients) => Promise<void>,
): Promise<void> {
  const common = { endpoint: server.endpoint, region, credentials, maxAttempts: 1 };
  const glacier = new Glacier(common);
  const s3 = new S3({ ...common, forcePathStyle: true });
  try {
    await work({ glacier, s3 });
  } finally {
    glacier.destroy();
    s3.destroy();
  }
}
