import type { Archive } from "@firn/archive";
import { NodeFileSystem, makeTemporaryDirectory, openStore } from "@firn/core";
import type { Store, UsageLine, UsageOptions } from "@firn/core";
import { applyDeclaration } from "@firn/identity";
import type { Identity, LocalKeyRing } from "@firn/identity";
import type { ObjectStore } from "@firn/objects";
import type { Tables } from "@firn/tables";
import type { Volumes } from "@firn/volumes";
import { openEngines } from "./engines.ts";
import type { Engines } from "./engines.ts";
import { umbrellaError } from "./firn-error.ts";
import { resolveOptions } from "./options.ts";
import type { Credentials, FirnOptions } from "./options.ts";
import { writeReadMe } from "./read-me.ts";
import type { FirnServer, ListenOptions } from "./server.ts";

interface Home {
  readonly directory: string;
  readonly dispose: () => Promise<void>;
}

/**
 * The four engines on one store, in this process.
 *
 *     const firn = await Firn.open({ directory: "./data" });
 *     await firn.objects.createBucket({ bucket: "photos" });
 *     const server = await firn.listen({ port: 4566 });
 */
export class Firn {
  /** The data directory, absolute. */
  readonly directory: string;
  readonly store: Store;
  readonly objects: ObjectStore;
  readonly tables: Tables;
  readonly volumes: Volumes;
  readonly archive: Archive;
  readonly identity: Identity;
  /** Keys for encryption on the server. */
  readonly keyRing: LocalKeyRing;
  readonly #engines: Engines;
  readonly #dispose: () => Promise<void>;
  readonly #servers = new Set<FirnServer>();
  #socketClaimed = false;
  #closing: Promise<void> | undefined;

  /**
   * Opens the data directory, or makes it. What it holds when this resolves is durable.
   * @throws FIRN_OPTIONS_INVALID, FIRN_IDENTITY_INVALID; FIRN_STORE_LOCKED when another process
   *   has it open; FIRN_STORE_NEWER, FIRN_STORE_DAMAGED, FIRN_CLOCK_MODE, FIRN_DISK_FULL,
   *   FIRN_ENCRYPTION_KEY_REQUIRED, FIRN_ENCRYPTION_KEY_WRONG.
   */
  static async open(options: FirnOptions): Promise<Firn> {
    const resolved = resolveOptions(options);
    const { directory, clockMode, throttle, rootCredentials, masterKey, parity } = resolved;
    const { encryption } = resolved;
    const ephemeral = directory === undefined;
    const home = directory ?? (await makeTemporaryDirectory());
    const dispose = (): Promise<void> => (ephemeral ? removeTree(home) : Promise.resolve());
    try {
      const how = { ephemeral, clockMode, parity, encryption };
      const store = await openStore({ directory: home, ...how });
      try {
        // A page that finds no room must not keep the store from being opened.
        if (!ephemeral) await writeReadMe(home).catch(() => undefined);
        const engines = await openEngines(store, {
          throttle,
          instantRestores: resolved.instantRestores,
          expeditedOnDemand: resolved.expeditedOnDemand,
          root: rootCredentials,
          masterKey,
        });
        return new Firn(engines, { directory: home, dispose });
      } catch (error) {
        await store.close();
        throw error;
      }
    } catch (error) {
      await dispose();
      throw error;
    }
  }

  private constructor(engines: Engines, home: Home) {
    this.#engines = engines;
    this.#dispose = home.dispose;
    this.directory = home.directory;
    this.store = engines.store;
    this.objects = engines.objects;
    this.tables = engines.tables;
    this.volumes = engines.volumes;
    this.archive = engines.archive;
    this.identity = engines.identity;
    this.keyRing = engines.keyRing;
  }

  /** Root's access key, for clients of `listen`. */
  get rootCredentials(): Credentials {
    const { accessKeyId, secretAccessKey } = this.identity.root();
    return { accessKeyId, secretAccessKey };
  }

  /**
   * Makes the accounts, users, keys and policies of a declaration that are not there yet; nothing
   * is removed. Its form: docs/guide/access.md.
   * @throws FIRN_IDENTITY_INVALID, FIRN_POLICY_INVALID, FIRN_ACCESS_KEY_EXISTS.
   */
  async declareAccounts(declaration: unknown): Promise<void> {
    await applyDeclaration(this.identity, declaration);
  }

  /**
   * Serves the engines to AWS clients; `close` closes the server too. The server's code is loaded
   * by the first call.
   * @throws FIRN_PORT_TAKEN, FIRN_LISTEN_FAILED, FIRN_AUTH_OFF_EXPOSED, FIRN_OPTIONS_INVALID,
   *   FIRN_NBD_ADDRESS_TAKEN, FIRN_NBD_LISTEN_FAILED, FIRN_CLOSED.
   */
  async listen(options: ListenOptions = {}): Promise<FirnServer> {
    const { FirnServer } = await import("./server.ts");
    this.#requireOpen();
    const claim = this.#claimSocket();
    const { directory } = this;
    const opened = FirnServer.open(this.#engines, { ...options, ...claim, directory });
    const server = await opened.catch((error: unknown) => {
      claim?.onClose();
      throw error;
    });
    this.#servers.add(server);
    // Closed while it opened: `close` has not seen this server.
    if (this.#closing !== undefined) await server.close();
    this.#requireOpen();
    return server;
  }

  /**
   * What all engines keep and what was used of them in a month, for a cost report: O(entries),
   * memory by kinds alone.
   * @throws FIRN_CLOSED.
   */
  async usage(options: UsageOptions): Promise<UsageLine[]> {
    this.#requireOpen();
    const { usageOf } = await import("./usage.ts");
    return usageOf(this.#engines, options);
  }

  /** Drains the servers, closes the engines and the store. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #requireOpen(): void {
    if (this.#closing !== undefined) throw umbrellaError("FIRN_CLOSED", "Firn was closed.");
  }

  /** One server has the socket; others of the same process may have ports of their own. */
  #claimSocket(): { nbdSocketPath: string; onClose: () => void } | undefined {
    if (this.#socketClaimed) return undefined;
    this.#socketClaimed = true;
    const onClose = (): void => void (this.#socketClaimed = false);
    return { nbdSocketPath: `${this.directory}/nbd.sock`, onClose };
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#servers].map((server) => server.close()));
    const { objects, tables, volumes, archive, identity, meter, store } = this.#engines;
    const engines = [objects, tables, volumes, archive, identity, meter];
    await Promise.all(engines.map((engine) => engine.close()));
    await store.close();
    await this.#dispose();
  }
}

function removeTree(directory: string): Promise<void> {
  return new NodeFileSystem({ sync: false }).remove(directory);
}
