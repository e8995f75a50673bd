import { readFileSync } from "node:fs";
import type { ClockMode, ParitySegments } from "@firn/core";
import type { ServiceName } from "@firn/firn";
import { CommandError } from "./command-error.ts";
import {
  parseAuth,
  parseClock,
  parseCount,
  parseEvery,
  parseLogLevel,
  parseMebibytes,
  parseNewBuckets,
  parseOnOff,
  parseParity,
  parsePort,
  parseServices,
  parseText,
  parseWholeNumber,
} from "./setting-parsers.ts";
import type { LogLevel, SettingParser } from "./setting-parsers.ts";

/** What `firn serve` runs with. */
export interface ServeSettings {
  readonly directory: string;
  readonly host: string;
  readonly port: number;
  /** Loopback TCP port for NBD; `undefined`: only the unix socket in the directory. */
  readonly nbdPort: number | undefined;
  /** Files with the PEM certificate and key that encrypt NBD on that port. */
  readonly nbdTlsCert: string | undefined;
  readonly nbdTlsKey: string | undefined;
  /** Files with the PEM certificate and key of the AWS APIs. */
  readonly tlsCert: string | undefined;
  readonly tlsKey: string | undefined;
  /** The AWS APIs over TLS; without the two files with a certificate that the server makes. */
  readonly tls: boolean;
  readonly services: readonly ServiceName[] | undefined;
  readonly auth: "on" | "off";
  readonly throttle: boolean;
  /** Retrievals and restores are complete at once. */
  readonly instantRestores: boolean;
  /** Expedited retrievals in five minutes beside provisioned capacity; `undefined`: no bound. */
  readonly expeditedOnDemand: number | undefined;
  /** Where notices of completed vault jobs are posted to. */
  readonly jobWebhook: string | undefined;
  /** Milliseconds between two writings of the vaults' manifests, 0 for none. */
  readonly vaultManifestEvery: number | undefined;
  /** S3's SSE-C over plain http. */
  readonly sseCustomerOverHttp: boolean;
  /** What new buckets of S3 begin with. */
  readonly newBuckets: "closed" | "lists" | undefined;
  /** Hosts below it are websites of buckets. */
  readonly websiteDomain: string | undefined;
  /** A file that declares accounts, users, keys and policies. */
  readonly accountsFile: string | undefined;
  /** A file of 32 bytes that wrap the keys of encryption on the server. */
  readonly masterKeyFile: string | undefined;
  /** A file with the key of encryption at rest, readable by its owner only. */
  readonly encryptionKeyFile: string | undefined;
  /** `undefined`: what the store was made with, real for a new one. */
  readonly clock: ClockMode | undefined;
  readonly logLevel: LogLevel;
  readonly parity: ParitySegments | undefined;
  readonly parityDirectory: string | undefined;
  /** Milliseconds between two scrubs, 0 for none; `undefined`: a day. */
  readonly scrubEvery: number | undefined;
  /** Bytes per second. */
  readonly scrubRate: number | undefined;
  /** A directory or `s3://BUCKET/PREFIX` for the backups that the server makes by itself. */
  readonly backup: string | undefined;
  /** Milliseconds between two of them, 0 for none; `undefined`: a day. */
  readonly backupEvery: number | undefined;
  /** Backups to keep; `undefined`: all. */
  readonly backupKeep: number | undefined;
  /** A file of 32 bytes that seal them. */
  readonly backupKeyFile: string | undefined;
}

/** One setting in its three forms: `--nbd-port`, `FIRN_NBD_PORT`, `"nbdPort"`. */
export interface Setting {
  readonly key: keyof ServeSettings;
  readonly flag: string;
  readonly variable: string;
  /** As commander writes it; in brackets when the flag alone says enough. */
  readonly argument: string;
  readonly help: string;
  readonly parse: SettingParser<unknown>;
}

export const serveSettings: readonly Setting[] = [
  setting("directory", "<DIR>", "where the data lives (default ./firn-data)", parseText),
  setting("host", "<HOST>", "address to listen on (default 127.0.0.1)", parseText),
  setting("port", "<PORT>", "port of the AWS APIs, 0 for any free one (default 4566)", parsePort),
  setting(
    "nbdPort",
    "<PORT>",
    "serve NBD on this loopback port, beside the unix socket",
    parsePort,
  ),
  setting("nbdTlsCert", "<FILE>", "PEM certificate: NBD on the port is encrypted", parseText),
  setting("nbdTlsKey", "<FILE>", "PEM key of that certificate", parseText),
  setting("tlsCert", "<FILE>", "PEM certificate: the APIs speak TLS only", parseText),
  setting("tlsKey", "<FILE>", "PEM key of that certificate", parseText),
  setting("tls", "[on|off]", "TLS; without files with a certificate made here", parseOnOff),
  setting("services", "<LIST>", "of s3,dynamodb,ec2,ebs,rbin,glacier (default all)", parseServices),
  setting("auth", "<on|off>", "off takes any signature, on loopback only (default on)", parseAuth),
  setting(
    "throttle",
    "[on|off]",
    "hold tables and volumes to their rates (default off)",
    parseOnOff,
  ),
  setting(
    "sseCustomerOverHttp",
    "[on|off]",
    "take clients' encryption keys over plain http (default off)",
    parseOnOff,
  ),
  setting(
    "newBuckets",
    "<closed|lists>",
    "lists: ACLs count in new buckets, as before 2023 (default closed)",
    parseNewBuckets,
  ),
  setting(
    "instantRestores",
    "[on|off]",
    "retrievals and restores of cold data are complete at once, for tests (default off)",
    parseOnOff,
  ),
  setting(
    "expeditedOnDemand",
    "<COUNT>",
    "Expedited retrievals in five minutes without provisioned capacity (default all)",
    parseWholeNumber,
  ),
  setting("jobWebhook", "<URL>", "post notices of completed vault jobs here", parseText),
  setting(
    "vaultManifestEvery",
    "<TIME>",
    "write signed manifests of all vaults this often, or off (default 1d)",
    parseEvery,
  ),
  setting("websiteDomain", "<DOMAIN>", "BUCKET.DOMAIN is that bucket's website", parseText),
  setting("accountsFile", "<FILE>", "JSON: accounts, users, keys and policies to make", parseText),
  setting(
    "masterKeyFile",
    "<FILE>",
    "32 bytes that wrap the server's encryption keys; fixed for a store's life",
    parseText,
  ),
  setting("encryptionKeyFile", "<FILE>", "key that encrypts what is stored", parseText),
  setting("clock", "<MODE>", "real, manual or scaled:FACTOR; fixed for a store's life", parseClock),
  setting("parity", "<WHAT>", "of cold segments: all, extents or none (default all)", parseParity),
  setting("parityDirectory", "<DIR>", "where parity lies, best on another disk", parseText),
  setting("scrubEvery", "<TIME>", "verify every byte this often, or off (default 1d)", parseEvery),
  setting("scrubRate", "<MIB>", "MiB per second that a scrub reads (default 32)", parseMebibytes),
  setting("backup", "<TARGET>", "back up to a directory or s3://BUCKET/PREFIX", parseText),
  setting("backupEvery", "<TIME>", "how often it does that, or off (default 1d)", parseEvery),
  setting("backupKeep", "<COUNT>", "remove older backups than so many (default none)", parseCount),
  setting("backupKeyFile", "<FILE>", "32 bytes that seal the backups (default none)", parseText),
  setting(
    "logLevel",
    "<LEVEL>",
    "debug, info, warn, error or silent (default info)",
    parseLogLevel,
  ),
];

function setting(
  key: keyof ServeSettings,
  argument: string,
  help: string,
  parse: SettingParser<unknown>,
): Setting {
  const words = key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const variable = `FIRN_${words.replaceAll("-", "_").toUpperCase()}`;
  return { key, flag: `--${words}`, variable, argument, help, parse };
}

const DEFAULTS: ServeSettings = {
  directory: "./firn-data",
  host: "127.0.0.1",
  port: 4566,
  tlsCert: undefined,
  tlsKey: undefined,
  tls: false,
  nbdPort: undefined,
  nbdTlsCert: undefined,
  nbdTlsKey: undefined,
  services: undefined,
  auth: "on",
  throttle: false,
  instantRestores: false,
  expeditedOnDemand: undefined,
  jobWebhook: undefined,
  vaultManifestEvery: undefined,
  sseCustomerOverHttp: false,
  newBuckets: undefined,
  websiteDomain: undefined,
  accountsFile: undefined,
  masterKeyFile: undefined,
  encryptionKeyFile: undefined,
  clock: undefined,
  logLevel: "info",
  parity: undefined,
  parityDirectory: undefined,
  scrubEvery: undefined,
  scrubRate: undefined,
  backup: undefined,
  backupEvery: undefined,
  backupKeep: undefined,
  backupKeyFile: undefined,
};

const CONFIG_FILE = "firn.json";

export interface SettingSources {
  readonly flags: Readonly<Record<string, unknown>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/**
 * Flags before the environment, the environment before the file, the file before the defaults.
 * @throws CommandError (2) that names the setting, where it was given, and what it must be.
 */
export function resolveSettings({ flags, environment }: SettingSources): ServeSettings {
  const path = flags["config"] ?? environment["FIRN_CONFIG"];
  const file = readConfig(typeof path === "string" ? path : undefined);
  const resolved: Record<string, unknown> = { ...DEFAULTS };
  for (const { key, flag, variable, parse } of serveSettings) {
    const given = [
      { value: flags[key], where: flag },
      { value: environment[variable], where: variable },
      { value: file.values[key], where: `"${key}" in ${file.path}` },
    ].find(({ value }) => value !== undefined);
    if (given !== undefined) resolved[key] = parseGiven(parse, given.value, given.where);
  }
  return resolved as unknown as ServeSettings;
}

function parseGiven(parse: SettingParser<unknown>, value: unknown, where: string): unknown {
  try {
    return parse(value);
  } catch (error) {
    const shown = JSON.stringify(value);
    throw new CommandError(2, `${where} must be ${(error as Error).message}, not ${shown}.`);
  }
}

interface ConfigFile {
  readonly path: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** The file that was asked for must be there; firn.json in the working directory may be. */
function readConfig(asked: string | undefined): ConfigFile {
  const path = asked ?? CONFIG_FILE;
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const absent = (error as NodeJS.ErrnoException).code === "ENOENT";
    if (absent && asked === undefined) return { path, values: {} };
    throw new CommandError(
      2,
      `Cannot read the configuration ${path}: ${(error as Error).message}.`,
    );
  }
  return { path, values: checkKeys(path, parseConfig(path, text)) };
}

function parseConfig(path: string, text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new CommandError(2, `${path} is not JSON: ${(error as Error).message}.`);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new CommandError(2, `${path} must hold one JSON object.`);
}

function checkKeys(path: string, values: Record<string, unknown>): Record<string, unknown> {
  const known = serveSettings.map(({ key }) => key as string);
  const unknown = Object.keys(values).filter((key) => !known.includes(key));
  if (unknown.length === 0) return values;
  throw new CommandError(
    2,
    `${path} has unknown keys: ${unknown.join(", ")}. Known are ${known.join(", ")}.`,
  );
}
