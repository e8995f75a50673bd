import type { Archive, NoticeDelivery, SendNotice } from "@firn/archive";
import { NodeFileSystem, RealClock } from "@firn/core";
import type { Clock } from "@firn/core";
import type { AdminCommand, GatewayLog } from "@firn/gateway";
import { optional, required } from "./command-body.ts";
import type { CommandBody } from "./command-body.ts";
import { replaceFile } from "./read-me.ts";

export interface VaultKeeperOptions {
  /** The data directory: manifests go to `vaults` in it. */
  readonly directory: string;
  /** Between two writings of all manifests, in milliseconds of real time; 0: only when asked. */
  readonly manifestEveryMs: number;
  /** Takes the notices of completed jobs; default none. */
  readonly notify?: SendNotice | undefined;
  readonly log: GatewayLog;
  /** Real time; a test brings its own. */
  readonly clock?: Clock | undefined;
}

/** Bytes that one request verifies at the most, the last archive aside: its client asks again. */
const VERIFY_STEP_BYTES: number = 256 * 1024 * 1024;
const VERIFY_STEP_ARCHIVES = 1000;

/** Lays signed manifests of all vaults beside the data, verifies vaults, and tells of jobs. */
export class VaultKeeper {
  /** For the gateway: what root may ask for. */
  readonly commands: ReadonlyMap<string, AdminCommand>;
  readonly #archive: Archive;
  readonly #options: VaultKeeperOptions;
  readonly #clock: Clock;
  #cancel: (() => void) | undefined;
  #closed = false;
  #writing: Promise<number> | undefined;
  #delivery: NoticeDelivery | undefined;

  constructor(archive: Archive, options: VaultKeeperOptions) {
    this.#archive = archive;
    this.#options = options;
    this.#clock = options.clock ?? new RealClock();
    this.commands = new Map<string, AdminCommand>([
      [
        "POST vaults/manifest",
        async () => ({
          vaults: await this.writeManifests(),
          folder: this.#folder,
          publicKey: await archive.care.manifestPublicKey(),
        }),
      ],
      ["POST vaults/verify", (body) => this.#verify(body)],
    ]);
  }

  /** Begins the manifests and the notices that nobody asks for. */
  start(): void {
    const { notify, manifestEveryMs } = this.#options;
    if (notify !== undefined) this.#delivery = this.#archive.deliver(notify);
    if (manifestEveryMs > 0) this.#arm(manifestEveryMs);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel?.();
    await this.#delivery?.stop();
    await this.#writing?.catch(() => undefined);
  }

  /** Writes the manifests of all vaults, or joins the writing under way; how many there are. */
  writeManifests(): Promise<number> {
    this.#writing ??= this.#write().finally(() => (this.#writing = undefined));
    return this.#writing;
  }

  get #folder(): string {
    return `${this.#options.directory}/vaults`;
  }

  #arm(everyMs: number): void {
    if (this.#closed) return;
    this.#cancel = this.#clock.schedule(everyMs, () => {
      void this.writeManifests()
        .then(
          (vaults) => this.#options.log.info({ vaults }, "vault manifests written"),
          (error: unknown) => {
            const reason = (error as Error).message;
            this.#options.log.error({ reason }, "the vault manifests could not be written");
          },
        )
        .finally(() => this.#arm(everyMs));
    });
  }

  async #write(): Promise<number> {
    const fileSystem = new NodeFileSystem({ sync: true });
    const names = new Set<string>();
    await fileSystem.makeDirectory(this.#folder);
    for await (const { accountId, region, vaultName, lines } of this.#archive.care.manifests()) {
      const name = `${accountId}.${region}.${vaultName}.manifest`;
      await replaceFile(fileSystem, `${this.#folder}/${name}`, lines);
      names.add(name);
    }
    // Those of vaults that are gone would say that something is missing.
    for (const name of await fileSystem.list(this.#folder)) {
      if (!names.has(name)) await fileSystem.remove(`${this.#folder}/${name}`);
    }
    return names.size;
  }

  /** So many archives behind `after`; the answer's `after` is where the next request goes on. */
  async #verify(body: CommandBody): Promise<Readonly<Record<string, unknown>>> {
    const vaultName = required(body, "vaultName");
    const accountId = optional(body, "accountId") ?? "000000000000";
    const region = optional(body, "region") ?? "us-east-1";
    const { care } = this.#archive.in({ accountId, region });
    const bad: object[] = [];
    let [archives, bytes] = [0, 0];
    let after = optional(body, "after");
    for await (const { status, ...one } of care.verifyVault({ vaultName, after })) {
      archives++;
      bytes += one.size;
      after = one.archiveId;
      if (status !== "whole") bad.push({ status, ...one });
      if (bytes >= VERIFY_STEP_BYTES || archives === VERIFY_STEP_ARCHIVES) {
        return { archives, bytes, bad, after };
      }
    }
    return { archives, bytes, bad };
  }
}
