import { NodeRandom, RealClock } from "@firn/core";
import { selfSignedCertificate } from "./self-signed-certificate.ts";
import type { TlsIdentity } from "./self-signed-certificate.ts";

/** What a server speaks TLS with; `undefined`: it does not. */
export type ServerTls = TlsIdentity | undefined;

/** What `listen` was given, with a certificate made where that was asked for. */
export function serverTls(given: TlsIdentity | "self-signed" | undefined, host: string): ServerTls {
  return given === "self-signed" ? makeServerCertificate(host) : given;
}

/**
 * A new certificate for a server on this machine that listens on `host`: for loopback by its names
 * and addresses, and for S3's virtual hosts below `s3.localhost`.
 */
export function makeServerCertificate(host: string): TlsIdentity {
  const everywhere = host === "0.0.0.0" || host === "::";
  const hosts = new Set([...LOOPBACK, ...(everywhere ? [] : [host])]);
  const nowMs = new RealClock().now();
  return selfSignedCertificate({ hosts: [...hosts], nowMs, random: new NodeRandom() });
}

/** Clients take no star for the label right below a top level: hence `s3.localhost`. */
const LOOPBACK: readonly string[] = [
  "localhost",
  "127.0.0.1",
  "::1",
  "s3.localhost",
  "*.s3.localhost",
  "*.s3-website.localhost",
];
