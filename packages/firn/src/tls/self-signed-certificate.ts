import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { isIP } from "node:net";
import type { Random } from "@firn/core";
import * as der from "./der.ts";

/** PEM texts of a server's certificate (with what it was signed by behind it) and of its key. */
export interface TlsIdentity {
  readonly cert: string;
  readonly key: string;
}

export interface CertificateOptions {
  /** Host names and addresses that clients may call the server by; `*.` stands for one label. */
  readonly hosts: readonly string[];
  /** Milliseconds since 1970 UTC. */
  readonly nowMs: number;
  readonly random: Random;
}

/** The longest that Apple's programs take, days. */
export const CERTIFICATE_DAYS = 397;
const DAY_MS = 86_400_000;
/** A client whose clock is a little behind must not find it too young. */
const BEFORE_MS: number = DAY_MS;
const SERIAL_BYTES = 16;

const COMMON_NAME = "2.5.4.3";
const ECDSA_SHA256 = "1.2.840.10045.4.3.2";
const BASIC_CONSTRAINTS = "2.5.29.19";
const KEY_USAGE = "2.5.29.15";
const EXTENDED_KEY_USAGE = "2.5.29.37";
const SUBJECT_ALTERNATIVE_NAME = "2.5.29.17";
const SUBJECT_KEY_IDENTIFIER = "2.5.29.14";
const SERVER_AUTHENTICATION = "1.3.6.1.5.5.7.3.1";
/** Bits 0 (digital signature) and 5 (signs certificates), of the eight of one byte. */
const SIGNS_ALL = 0x84;

/**
 * A certificate of its own authority, over a new P-256 key: who trusts it (`AWS_CA_BUNDLE`,
 * `NODE_EXTRA_CA_CERTS`) trusts this server and nobody else. X.509 v3 as RFC 5280 draws it.
 */
export function selfSignedCertificate(options: CertificateOptions): TlsIdentity {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const spki = publicKey.export({ type: "spki", format: "der" });
  const body = toBeSigned(spki, options);
  const signature = sign("sha256", body, { key: privateKey, dsaEncoding: "der" });
  const certificate = der.sequence(body, algorithm(), der.bitString(signature));
  return {
    cert: pem("CERTIFICATE", certificate),
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

function toBeSigned(spki: Uint8Array, { hosts, nowMs, random }: CertificateOptions): Uint8Array {
  const name = der.sequence(
    der.setOf(der.sequence(der.objectIdentifier(COMMON_NAME), der.utf8String("Firn"))),
  );
  const version3 = der.tagged(0, der.integer(Uint8Array.of(2)));
  const until = nowMs - BEFORE_MS + CERTIFICATE_DAYS * DAY_MS;
  const validity = der.sequence(der.time(nowMs - BEFORE_MS), der.time(until));
  const serial = der.integer(Uint8Array.of(1, ...random.bytes(SERIAL_BYTES - 1)));
  const extensions = der.tagged(3, der.sequence(...extensionsOf(spki, hosts)));
  // It is its own issuer: `name` twice.
  return der.sequence(version3, serial, algorithm(), name, validity, name, spki, extensions);
}

function extensionsOf(spki: Uint8Array, hosts: readonly string[]): Uint8Array[] {
  const keyId = createHash("sha1").update(spki).digest();
  const names = der.sequence(...hosts.map(alternativeName));
  const purposes = der.sequence(der.objectIdentifier(SERVER_AUTHENTICATION));
  return [
    critical(BASIC_CONSTRAINTS, der.sequence(der.boolean(true))),
    critical(KEY_USAGE, der.bitString(Uint8Array.of(SIGNS_ALL), 2)),
    extension(EXTENDED_KEY_USAGE, purposes),
    extension(SUBJECT_KEY_IDENTIFIER, der.octetString(keyId)),
    extension(SUBJECT_ALTERNATIVE_NAME, names),
  ];
}

function alternativeName(host: string): Uint8Array {
  const DNS_NAME = 0x82;
  const IP_ADDRESS = 0x87;
  if (isIP(host) === 0) return der.element(DNS_NAME, Buffer.from(host));
  return der.element(IP_ADDRESS, isIP(host) === 4 ? ipv4Bytes(host) : ipv6Bytes(host));
}

function ipv4Bytes(address: string): Uint8Array {
  return Uint8Array.from(address.split("."), Number);
}

/** `URL` writes any form of an address as eight groups, the longest run of zeros left out. */
function ipv6Bytes(address: string): Uint8Array {
  const [plain = ""] = address.split("%");
  const short = new URL(`http://[${plain}]`).hostname.slice(1, -1);
  const [before = "", behind = ""] = short.split("::");
  const groups = (text: string): string[] => (text === "" ? [] : text.split(":"));
  const head = groups(before);
  const tail = groups(behind);
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => "0");
  return Uint8Array.from(
    [...head, ...zeros, ...tail].flatMap((group) => {
      const value = Number.parseInt(group, 16);
      return [value >> 8, value & 0xff];
    }),
  );
}

function algorithm(): Uint8Array {
  return der.sequence(der.objectIdentifier(ECDSA_SHA256));
}

function extension(id: string, value: Uint8Array): Uint8Array {
  return der.sequence(der.objectIdentifier(id), der.octetString(value));
}

/** Whoever does not know it must not take the certificate. */
function critical(id: string, value: Uint8Array): Uint8Array {
  return der.sequence(der.objectIdentifier(id), der.boolean(true), der.octetString(value));
}

function pem(label: string, bytes: Uint8Array): string {
  const lines = Buffer.from(bytes).toString("base64").replaceAll(/.{64}/g, "$&\n").trimEnd();
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}
