import { resolve } from "node:path";
import type { ClockMode, KeyProvider, ParityOptions, ParitySegments } from "@firn/core";
import { umbrellaError } from "./firn-error.ts";

/** An access key. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface FirnOptions {
  /** The data directory, made when absent. Exactly one of `directory` and `ephemeral` is given. */
  readonly directory?: string | undefined;
  /**
   * A temporary directory, removed by `close`, with no syncs at all: for test suites. A power loss
   * loses it.
   */
  readonly ephemeral?: boolean | undefined;
  /**
   * The store's clock, fixed when it is made: real (default), scaled or manual. On an existing
   * store it must be the one it was made with, or absent.
   */
  readonly clockMode?: ClockMode | undefined;
  /** Hold tables to their provisioned throughput, volumes to their types. Default false. */
  readonly throttle?: boolean | undefined;
  /**
   * Parity of cold segments: a quarter of their size more, and up to four of twenty ranges that rot
   * are repaired by a scrub. `extents`: of bulk bytes only. Default `all`, of an ephemeral store
   * none.
   */
  readonly parity?: ParitySegments | undefined;
  /** Where parity lies, best on another disk. Default: in the data directory. */
  readonly parityDirectory?: string | undefined;
  /** Root's access key; default: drawn when the store is made, and kept. */
  readonly rootCredentials?: Credentials | undefined;
  /**
   * 32 bytes that wrap the keys of encryption on the server, kept by the caller outside the data
   * directory. Default none: those keys then lie in the directory as they are. A directory keeps to
   * what it was made with.
   */
  readonly masterKey?: Uint8Array | undefined;
  /**
   * Retrievals of the archive and restores of cold objects are complete at once: for test suites
   * that do not move a clock. Default false: they take what they take at AWS.
   */
  readonly instantRestores?: boolean | undefined;
  /**
   * Expedited retrievals and restores, 0 to 1,000, that an account may start in a region in five
   * minutes beside those of its provisioned capacity: more are refused, as AWS does when demand is
   * high. Default: all are taken.
   */
  readonly expeditedOnDemand?: number | undefined;
  /**
   * Who keeps the key of encryption at rest, outside the data directory: `keyFromFile`,
   * `keyFromText`, `keyFromPassphrase`, or a provider of your own. A new directory is encrypted
   * whole, an older one from then on; either never opens without it again. Names of objects, tables
   * and volumes, and the key attributes of items, stay readable: docs/guide/encryption.md. Default
   * none.
   */
  readonly encryption?: { readonly keys: KeyProvider } | undefined;
}

/** Options with their defaults filled in. */
export interface ResolvedOptions {
  /** Absolute; absent for an ephemeral store. */
  readonly directory: string | undefined;
  readonly clockMode: ClockMode | undefined;
  readonly throttle: boolean;
  readonly instantRestores: boolean;
  readonly expeditedOnDemand: number | undefined;
  readonly rootCredentials: Credentials | undefined;
  readonly masterKey: Uint8Array | undefined;
  readonly encryption: { readonly keys: KeyProvider } | undefined;
  readonly parity: ParityOptions;
}

/** @throws FIRN_OPTIONS_INVALID with a sentence that says what to change. */
export function resolveOptions(options: FirnOptions): ResolvedOptions {
  const { directory, ephemeral = false, clockMode, throttle = false } = options;
  const { rootCredentials, masterKey, encryption, parityDirectory } = options;
  if ((directory === undefined) !== ephemeral || directory === "") {
    const message = "Give either a directory or ephemeral: true.";
    throw umbrellaError("FIRN_OPTIONS_INVALID", message);
  }
  return Object.freeze({
    directory: directory === undefined ? undefined : resolve(directory),
    clockMode,
    instantRestores: options.instantRestores ?? false,
    expeditedOnDemand: options.expeditedOnDemand,
    throttle,
    rootCredentials,
    masterKey,
    encryption,
    parity: {
      segments: options.parity ?? (ephemeral ? "none" : "all"),
      directory: parityDirectory === undefined ? undefined : resolve(parityDirectory),
    },
  });
}
