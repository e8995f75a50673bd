import { X509Certificate } from "node:crypto";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeServerCertificate } from "@firn/firn";
import type { TlsIdentity } from "@firn/firn";
import { CommandError } from "./command-error.ts";
import type { ServeSettings } from "./settings.ts";

/** The certificate of the AWS APIs, and where clients find it. */
export interface ServerCertificate extends TlsIdentity {
  /** Of a certificate that was made here, which they have to trust; else `undefined`. */
  readonly trustPath: string | undefined;
}

type TlsSettings = Pick<ServeSettings, "tls" | "tlsCert" | "tlsKey" | "host">;

/** A certificate with less left is made anew by the next start. */
const LEFT_MIN_MS: number = 30 * 86_400_000;
const CERT_FILE = "tls-cert.pem";
const KEY_FILE = "tls-key.pem";

/**
 * Reads what the settings name, or what the directory holds; makes it there when it holds none for
 * this host. `undefined`: no TLS.
 * @throws CommandError (2) when one file is missing, or cannot be read or written.
 */
export function serverCertificate(
  settings: TlsSettings,
  directory: string,
): ServerCertificate | undefined {
  const { tls, tlsCert, tlsKey, host } = settings;
  if (tlsCert !== undefined && tlsKey !== undefined) {
    return { cert: readPem(tlsCert), key: readPem(tlsKey), trustPath: undefined };
  }
  if (tlsCert !== undefined || tlsKey !== undefined) {
    throw new CommandError(2, "--tls-cert and --tls-key go together.");
  }
  if (!tls) return undefined;
  const paths = { cert: join(directory, CERT_FILE), key: join(directory, KEY_FILE) };
  return { ...(kept(paths, host) ?? made(paths, host)), trustPath: paths.cert };
}

interface Paths {
  readonly cert: string;
  readonly key: string;
}

function kept(paths: Paths, host: string): TlsIdentity | undefined {
  try {
    const identity = {
      cert: readFileSync(paths.cert, "utf8"),
      key: readFileSync(paths.key, "utf8"),
    };
    const { validTo, ...certificate } = parsed(identity.cert);
    const left = Date.parse(validTo) - Date.now();
    return left > LEFT_MIN_MS && certificate.isFor(host) ? identity : undefined;
  } catch {
    // Absent, or no certificate: either way another one takes its place.
    return undefined;
  }
}

function parsed(cert: string): { validTo: string; isFor: (host: string) => boolean } {
  const certificate = new X509Certificate(cert);
  return {
    validTo: certificate.validTo,
    isFor: (host) =>
      host === "0.0.0.0" ||
      host === "::" ||
      certificate.checkIP(host) !== undefined ||
      certificate.checkHost(host) !== undefined,
  };
}

function made({ cert, key }: Paths, host: string): TlsIdentity {
  const identity = makeServerCertificate(host);
  try {
    // An old file keeps its mode: nobody else may read it even for a moment.
    writeFileSync(key, "", { mode: 0o600 });
    chmodSync(key, 0o600);
    writeFileSync(key, identity.key);
    writeFileSync(cert, identity.cert);
  } catch (cause) {
    throw new CommandError(2, `Cannot keep the certificate: ${(cause as Error).message}.`);
  }
  return identity;
}

function readPem(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new CommandError(2, `Cannot read ${path}: ${(cause as Error).message}.`);
  }
}
