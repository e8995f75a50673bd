import { readFileSync } from "node:fs";
import { FirnError } from "@firn/core";
import { Firn } from "@firn/firn";
import type { BackupSchedule, Credentials, FirnServer, ServerAddress } from "@firn/firn";
import { backupTarget } from "./backup-target.ts";
import { CommandError } from "./command-error.ts";
import { encryptionKeys, keyError } from "./encryption-keys.ts";
import type { ShowProgress } from "./progress.ts";
import { serverCertificate } from "./server-certificate.ts";
import type { ServeSettings } from "./settings.ts";

const REGION = "us-east-1";
const BACKUP_EVERY_MS: number = 24 * 60 * 60 * 1000;

export interface ServeIo {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Writes one line to standard output. */
  readonly print: (line: string) => void;
  /** Shows how far a long command is; absent where nobody would see it. */
  readonly progress?: ShowProgress | undefined;
  /** Calls back whenever files are to be read again, until what it returns is called. */
  readonly onReload?: ((reload: () => void) => () => void) | undefined;
  /** Resolves when the process is asked to end. */
  readonly stopped: Promise<unknown>;
}

/** Runs the server until the process is asked to end, then drains it and closes the store. */
export async function serve(settings: ServeSettings, io: ServeIo): Promise<void> {
  const { directory, clock: clockMode, throttle } = settings;
  const rootCredentials = rootFrom(io.environment);
  const masterKey = readMasterKey(settings.masterKeyFile);
  const keys = await encryptionKeys(settings.encryptionKeyFile, io.environment);
  const encryption = keys && { keys };
  const { parity, parityDirectory, instantRestores, expeditedOnDemand } = settings;
  const where = { parity, parityDirectory, encryption, instantRestores, expeditedOnDemand };
  const options = { directory, clockMode, throttle, rootCredentials, masterKey, ...where };
  const firn = await Firn.open(options).catch((error: unknown) => {
    throw openingError(error, directory);
  });
  try {
    const { host, port, nbdPort, auth, services, logLevel } = settings;
    const { sseCustomerOverHttp, newBuckets, websiteDomain, accountsFile } = settings;
    if (accountsFile !== undefined) await makeAccounts(firn, accountsFile);
    const s3 = { sseCustomerOverHttp, newBuckets, websiteDomain };
    const listening = { host, port, nbdPort, auth, services, logLevel, ...s3 };
    const { scrubEvery: scrubEveryMs, scrubRate } = settings;
    const backup = backupSchedule(settings, io);
    const nbdTls = readNbdTls(settings);
    const tls = serverCertificate(settings, firn.directory);
    const { vaultManifestEvery: vaultManifestEveryMs, jobWebhook: url } = settings;
    const jobWebhook = url === undefined ? undefined : { url };
    const care = { scrubEveryMs, scrubRate, backup, vaultManifestEveryMs, jobWebhook };
    const server = await firn.listen({ ...listening, tls, nbdTls, ...care });
    const nbdScheme = nbdTls === undefined ? "nbd" : "nbds";
    const { trustPath } = tls ?? {};
    announce(server.address, { root: firn.rootCredentials, nbdScheme, trustPath }, io);
    const reload = (): void => reloadCertificate(server, settings, io);
    const forget = tls === undefined ? undefined : io.onReload?.(reload);
    await io.stopped;
    forget?.();
  } catch (error) {
    throw listeningError(error);
  } finally {
    await firn.close();
  }
}

/** What cannot be used leaves the old certificate in its place: a server is not ended by a typo. */
function reloadCertificate(server: FirnServer, settings: ServeSettings, { print }: ServeIo): void {
  try {
    const tls = serverCertificate(settings, settings.directory);
    if (tls !== undefined) server.reloadTls(tls);
    print("# The TLS certificate was read again");
  } catch (error) {
    print(`# The TLS certificate stays as it was: ${(error as Error).message}`);
  }
}

/** Makes what the file declares and what is not there yet. @throws CommandError (2). */
async function makeAccounts(firn: Firn, path: string): Promise<void> {
  const text = readText(path);
  try {
    await firn.declareAccounts(JSON.parse(text));
  } catch (cause) {
    throw new CommandError(2, `${path}: ${(cause as Error).message}.`);
  }
}

/** @throws CommandError (2). */
function backupSchedule(
  { backup, backupEvery = BACKUP_EVERY_MS, backupKeep: keep, backupKeyFile }: ServeSettings,
  { environment }: ServeIo,
): BackupSchedule | undefined {
  if (backup === undefined || backupEvery === 0) return undefined;
  const target = backupTarget({ text: backup, keyFile: backupKeyFile }, environment);
  return { target, everyMs: backupEvery, keep };
}

/** @throws CommandError when one of the two is missing or cannot be read. */
function readNbdTls({
  nbdPort,
  nbdTlsCert,
  nbdTlsKey,
}: ServeSettings): { readonly key: string; readonly cert: string } | undefined {
  if (nbdTlsCert === undefined && nbdTlsKey === undefined) return undefined;
  if (nbdTlsCert === undefined || nbdTlsKey === undefined || nbdPort === undefined) {
    throw new CommandError(2, "--nbd-tls-cert, --nbd-tls-key and --nbd-port go together.");
  }
  return { key: readText(nbdTlsKey), cert: readText(nbdTlsCert) };
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new CommandError(2, `Cannot read ${path}: ${(cause as Error).message}.`);
  }
}

/** @throws CommandError when the file cannot be read; its length is checked by what opens it. */
function readMasterKey(path: string | undefined): Uint8Array | undefined {
  if (path === undefined) return undefined;
  try {
    return readFileSync(path);
  } catch (error) {
    throw new CommandError(2, `Cannot read the master key ${path}: ${(error as Error).message}.`);
  }
}

interface Announced {
  readonly root: Credentials;
  readonly nbdScheme: "nbd" | "nbds";
  /** What clients have to trust. */
  readonly trustPath: string | undefined;
}

function announce(
  address: ServerAddress,
  { root, nbdScheme, trustPath }: Announced,
  { print }: ServeIo,
): void {
  const { accessKeyId, secretAccessKey } = root;
  const { endpoint } = address;
  const variables = {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
    ...(trustPath === undefined
      ? {}
      : { AWS_CA_BUNDLE: trustPath, NODE_EXTRA_CA_CERTS: trustPath }),
  };
  for (const [name, value] of Object.entries(variables)) print(`export ${name}=${value}`);
  for (const line of nbdLines(address, nbdScheme)) print(line);
  print(`# Firn is ready on ${endpoint}`);
}

/** Where volumes are to be had over NBD, as the URIs that its programs take. */
function nbdLines({ nbdPort, nbdSocketPath }: ServerAddress, scheme: string): string[] {
  const lines: string[] = [];
  if (nbdSocketPath !== undefined) {
    lines.push(`# NBD: nbd+unix:///VOLUME-ID?socket=${encodeURI(nbdSocketPath)}`);
  }
  if (nbdPort !== undefined) lines.push(`# NBD: ${scheme}://127.0.0.1:${nbdPort}/VOLUME-ID`);
  return lines;
}

function rootFrom(environment: ServeIo["environment"]): Credentials | undefined {
  const accessKeyId = environment["FIRN_ROOT_ACCESS_KEY_ID"];
  const secretAccessKey = environment["FIRN_ROOT_SECRET_ACCESS_KEY"];
  if (accessKeyId !== undefined && secretAccessKey !== undefined) {
    return { accessKeyId, secretAccessKey };
  }
  if (accessKeyId === undefined && secretAccessKey === undefined) return undefined;
  const missing =
    accessKeyId === undefined ? "FIRN_ROOT_ACCESS_KEY_ID" : "FIRN_ROOT_SECRET_ACCESS_KEY";
  throw new CommandError(2, `Set ${missing} too: root's key id and secret go together.`);
}

function openingError(error: unknown, directory: string): unknown {
  if (!(error instanceof FirnError)) return systemError(error, directory);
  switch (error.code) {
    case "FIRN_STORE_LOCKED":
      return new CommandError(
        3,
        `Another process has ${directory} open. Stop it, or serve another directory.`,
      );
    case "FIRN_STORE_NEWER":
      return new CommandError(
        3,
        `${directory} was made by a newer version of Firn. Update Firn to open it.`,
      );
    case "FIRN_STORE_DAMAGED":
    case "FIRN_RECORD_CORRUPT":
      return new CommandError(
        3,
        `${directory} is damaged: ${error.message}. Run: firn check ${directory}`,
      );
    case "FIRN_ENCRYPTION_KEY_REQUIRED":
      return new CommandError(
        2,
        `${directory} is encrypted: give its key with --encryption-key-file.`,
      );
    case "FIRN_ENCRYPTION_KEY_WRONG":
      return keyError(error);
    case "FIRN_CLOCK_MODE":
    case "FIRN_OPTIONS_INVALID":
    case "FIRN_IDENTITY_INVALID":
      return new CommandError(2, error.message);
    default:
      return new CommandError(3, `Cannot open ${directory}: ${error.message}.`);
  }
}

function systemError(error: unknown, directory: string): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (typeof code !== "string") return error;
  return new CommandError(3, `Cannot open ${directory}: ${message}.`);
}

function listeningError(error: unknown): unknown {
  if (!(error instanceof FirnError)) return error;
  switch (error.code) {
    case "FIRN_PORT_TAKEN":
      return new CommandError(3, `${error.message} Choose another one with --port.`);
    case "FIRN_NBD_ADDRESS_TAKEN":
    case "FIRN_NBD_LISTEN_FAILED":
    case "FIRN_LISTEN_FAILED":
      return new CommandError(3, error.message);
    case "FIRN_OPTIONS_INVALID":
    case "FIRN_TLS_INVALID":
    case "FIRN_AUTH_OFF_EXPOSED":
      return new CommandError(2, error.message);
    default:
      return error;
  }
}
