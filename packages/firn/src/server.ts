import { isIP } from "node:net";
import { RealClock, NodeRandom, openFilesMax } from "@firn/core";
import { Gateway, openLog } from "@firn/gateway";
import type {
  GatewayLog,
  ListedOperation,
  LogLevel,
  NewBuckets,
  SignerCredential,
} from "@firn/gateway";
import type { NbdServer, NbdTlsOptions } from "@firn/nbd";
import { BackupKeeper } from "./backup-keeper.ts";
import type { BackupSchedule } from "./backup-keeper.ts";
import { credentialSource } from "./credential-source.ts";
import type { Engines } from "./engines.ts";
import { umbrellaError } from "./firn-error.ts";
import { identityCommands } from "./identity-commands.ts";
import { keyCommands } from "./key-commands.ts";
import { serverTls } from "./tls/server-tls.ts";
import type { ServerTls } from "./tls/server-tls.ts";
import type { TlsIdentity } from "./tls/self-signed-certificate.ts";
import { objectCommands } from "./object-commands.ts";
import { volumeCommands } from "./volume-commands.ts";
import { serviceNames } from "./service-names.ts";
import type { ServiceName } from "./service-names.ts";
import { createServices } from "./services.ts";
import { StoreKeeper } from "./store-keeper.ts";
import { usageCommands } from "./usage.ts";
import { VaultKeeper } from "./vault-keeper.ts";
import { version } from "./version.ts";
import { jobWebhook } from "./webhook.ts";
import type { WebhookOptions } from "./webhook.ts";

export interface ListenOptions {
  /** Default 127.0.0.1. */
  readonly host?: string | undefined;
  /** Default 4566; 0 takes any free one. */
  readonly port?: number | undefined;
  /**
   * Serve the volumes over NBD on this port of 127.0.0.1 too; 0 takes any free one. Default: only
   * on the unix socket `nbd.sock` in the data directory, which only its owner may use. NBD has no
   * passwords: who reaches the port reads and writes every volume.
   */
  readonly nbdPort?: number | undefined;
  /** PEM texts of a key and its certificate: NBD on the port is then encrypted (`nbds://`). */
  readonly nbdTls?: NbdTlsOptions | undefined;
  /**
   * The AWS APIs over TLS, and over nothing else: PEM texts, or a certificate that is made now,
   * which clients have to be told to trust (`ServerAddress.certificate`). Default: plain HTTP.
   */
  readonly tls?: TlsIdentity | "self-signed" | undefined;
  /** `off` takes any signature, or none, and is refused beyond loopback. Default `on`. */
  readonly auth?: "on" | "off" | undefined;
  /** Default: all. NBD comes with `ec2`. */
  readonly services?: readonly ServiceName[] | undefined;
  /**
   * Take encryption keys of callers (S3's SSE-C) over plain http, where whoever listens can read
   * them. Default false: refused.
   */
  readonly sseCustomerOverHttp?: boolean | undefined;
  /**
   * `closed`: access control lists count for nothing in new buckets and the public is kept out, as
   * S3 does since 2023; `lists`: as S3 did before, for programs of that time. Default `closed`.
   */
  readonly newBuckets?: NewBuckets | undefined;
  /**
   * `example.org`: `photos.example.org` is the website of the bucket `photos`. Default: only
   * `photos.s3-website.` and anything behind it.
   */
  readonly websiteDomain?: string | undefined;
  /** JSON lines on standard error, at this level and above. Default `silent`. */
  readonly logLevel?: LogLevel | undefined;
  /**
   * Every byte of the store is verified this often, in milliseconds of real time from the end of
   * one pass to the next one; 0: only when it is asked for. Default a day.
   */
  readonly scrubEveryMs?: number | undefined;
  /** Bytes per second that a scrub reads. Default 32 MiB. */
  readonly scrubRate?: number | undefined;
  /**
   * Signed manifests of all vaults are written beside the data this often, in milliseconds of real
   * time; 0: only when asked for. Default a day.
   */
  readonly vaultManifestEveryMs?: number | undefined;
  /** Where notices of completed vault jobs are posted to. Default: nowhere. */
  readonly jobWebhook?: WebhookOptions | undefined;
  /** Backups that the server makes by itself. Default: none. */
  readonly backup?: BackupSchedule | undefined;
}

/** What a program needs to reach the server. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
  /** `http://127.0.0.1:4566`, or `https:`. */
  readonly endpoint: string;
  /** PEM text of the certificate that it began with, when it speaks TLS. */
  readonly certificate: string | undefined;
  /** TCP port of NBD on 127.0.0.1, when it was asked for. */
  readonly nbdPort: number | undefined;
  /** Path of the unix socket of NBD; `undefined` when there is none. */
  readonly nbdSocketPath: string | undefined;
}

export interface ServerOptions extends ListenOptions {
  /** The data directory. */
  readonly directory: string;
  /** Path of the unix socket for NBD; absent: none. */
  readonly nbdSocketPath?: string | undefined;
  /** Called once when the server has closed, so that another may have the socket. */
  readonly onClose?: (() => void) | undefined;
}

const DEFAULT_PORT = 4566;
const DAY_MS = 86_400_000;

/** The engines behind a port, for any AWS client. */
export class FirnServer {
  readonly address: ServerAddress;
  readonly #parts: ServerParts;
  #closing: Promise<void> | undefined;

  /**
   * Resolves when requests are served.
   * @throws FIRN_PORT_TAKEN, FIRN_LISTEN_FAILED, FIRN_AUTH_OFF_EXPOSED, FIRN_OPTIONS_INVALID,
   *   FIRN_TLS_INVALID, and the codes of @firn/nbd.
   */
  static async open(engines: Engines, options: ServerOptions): Promise<FirnServer> {
    const { host = "127.0.0.1", port = DEFAULT_PORT, auth = "on" } = options;
    if (auth === "off") requireLoopback(host);
    const log = await openLog(options.logLevel ?? "silent");
    const { scrubEveryMs = DAY_MS, scrubRate } = options;
    const keeper = new StoreKeeper(engines.store, { scrubEveryMs, scrubRate, log });
    const backups = new BackupKeeper(engines.store, { schedule: options.backup, log });
    const vaults = openVaultKeeper(engines, options, log);
    const identity = identityCommands(engines.identity);
    const keys = keyCommands(engines.keyRing);
    const buckets = objectCommands(engines.objects);
    const past = volumeCommands(engines.volumes);
    const kept = [...keeper.commands, ...backups.commands, ...usageCommands(engines)];
    const own = [...identity, ...keys, ...buckets, ...past];
    const commands = new Map([...kept, ...vaults.commands, ...own]);
    const tls = serverTls(options.tls, host);
    const gateway = makeGateway(engines, { ...options, tls, auth, log, commands });
    const bound = await gateway.listen({ host, port });
    try {
      const nbd = await openNbd(engines, options, log);
      if (auth === "off") log.warn({}, "authentication is off: every request acts as root");
      const address = addressOf(host, bound.port, { nbd, tls });
      await keeper.start();
      await backups.start();
      vaults.start();
      const { onClose } = options;
      return new FirnServer({ gateway, nbd, keeper, backups, vaults, address, onClose });
    } catch (error) {
      await gateway.close();
      throw error;
    }
  }

  private constructor(parts: ServerParts) {
    this.#parts = parts;
    this.address = parts.address;
  }

  /** Every API operation that it serves. */
  operations(): ListedOperation[] {
    return this.#parts.gateway.operations();
  }

  /**
   * Another certificate, for connections from now on.
   * @throws FIRN_TLS_INVALID when it cannot be used, or the server does not speak TLS.
   */
  reloadTls(tls: TlsIdentity): void {
    this.#parts.gateway.reloadTls(tls);
  }

  /** Lets requests in work finish, for up to 8 seconds. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    const { gateway, nbd, keeper, backups, vaults, onClose } = this.#parts;
    const keepers = [keeper, backups, vaults].map((one) => one.close());
    await Promise.all([gateway.close(), nbd?.close(), ...keepers]);
    onClose?.();
  }
}

interface ServerParts {
  readonly gateway: Gateway;
  readonly nbd: NbdServer | undefined;
  readonly keeper: StoreKeeper;
  readonly backups: BackupKeeper;
  readonly vaults: VaultKeeper;
  readonly address: ServerAddress;
  readonly onClose: (() => void) | undefined;
}

function openVaultKeeper(
  { archive }: Engines,
  { directory, vaultManifestEveryMs, jobWebhook: webhook }: ServerOptions,
  log: GatewayLog,
): VaultKeeper {
  const notify = webhook === undefined ? undefined : jobWebhook(webhook);
  const manifestEveryMs = vaultManifestEveryMs ?? DAY_MS;
  return new VaultKeeper(archive, { directory, manifestEveryMs, notify, log });
}

interface GatewaySettings {
  readonly auth: "on" | "off";
  readonly services?: readonly ServiceName[] | undefined;
  readonly newBuckets?: NewBuckets | undefined;
  readonly sseCustomerOverHttp?: boolean | undefined;
  readonly websiteDomain?: string | undefined;
  readonly tls: ServerTls;
  readonly log: GatewayLog;
  readonly commands: StoreKeeper["commands"];
}

function makeGateway(
  engines: Engines,
  {
    auth,
    services = serviceNames,
    sseCustomerOverHttp,
    newBuckets,
    websiteDomain,
    tls,
    log,
    commands,
  }: GatewaySettings,
): Gateway {
  const { store, identity } = engines;
  const credentials = credentialSource(identity);
  const { caller: root } = credentials(identity.root().accessKeyId) as SignerCredential;
  return new Gateway({
    services: createServices(engines, {
      services,
      sseCustomerOverHttp,
      newBuckets,
      websiteDomain,
    }),
    auth: { mode: auth, root, credentials },
    clock: store.clock,
    advanceClock: (byMs) => store.advanceClock(byMs),
    realClock: new RealClock(),
    random: new NodeRandom(),
    openFilesMax: openFilesMax(),
    health: () => ({
      status: store.failure === undefined ? "ok" : "failed",
      reason: store.failure?.message,
      version,
      services,
      storeId: store.id,
      lsn: store.durableLsn,
    }),
    commands,
    log,
    tls,
  });
}

/** NBD belongs to the volumes, as EC2's actions do. */
async function openNbd(
  { volumes }: Engines,
  { services = serviceNames, nbdPort, nbdTls, nbdSocketPath }: ServerOptions,
  log: GatewayLog,
): Promise<NbdServer | undefined> {
  if (!services.includes("ec2")) {
    if (nbdPort === undefined) return undefined;
    const message = "An NBD port needs the service ec2, whose volumes it serves.";
    throw umbrellaError("FIRN_OPTIONS_INVALID", message);
  }
  const socketPath = fitsSocket(nbdSocketPath) ? nbdSocketPath : undefined;
  if (socketPath !== nbdSocketPath) {
    log.warn({ path: nbdSocketPath }, "no NBD socket: its path is longer than the system takes");
  }
  if (socketPath === undefined && nbdPort === undefined) return undefined;
  const { NbdServer } = await import("@firn/nbd");
  return NbdServer.listen({ volumes, socketPath, port: nbdPort, tls: nbdTls });
}

/** Linux takes 107 bytes, macOS 103. */
const SOCKET_PATH_BYTES_MAX = 103;

function fitsSocket(path: string | undefined): boolean {
  return path !== undefined && Buffer.byteLength(path) <= SOCKET_PATH_BYTES_MAX;
}

function addressOf(
  host: string,
  port: number,
  { nbd, tls }: { readonly nbd: NbdServer | undefined; readonly tls: ServerTls },
): ServerAddress {
  const reachable = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
  const named = isIP(reachable) === 6 ? `[${reachable}]` : reachable;
  const endpoint = `${tls === undefined ? "http" : "https"}://${named}:${port}`;
  const nbdAt = { nbdPort: nbd?.port, nbdSocketPath: nbd?.socketPath };
  return { host, port, endpoint, certificate: tls?.cert, ...nbdAt };
}

function requireLoopback(host: string): void {
  if (host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."))) {
    return;
  }
  const message =
    `Authentication is off, so everybody who reaches ${host} would be root. ` +
    "Listen on 127.0.0.1, or leave authentication on.";
  throw umbrellaError("FIRN_AUTH_OFF_EXPOSED", message, { host });
}
