import { X509Certificate, createPrivateKey } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, createServer } from "node:tls";
import type { ConnectionOptions, TLSSocket } from "node:tls";
import { SeededRandom } from "@firn/core";
import { expect, test } from "vitest";
import { selfSignedCertificate } from "./self-signed-certificate.ts";

const NOW = Date.parse("2026-11-24T12:00:00Z");
const hosts = ["localhost", "*.s3.localhost", "127.0.0.1", "::1", "fe80::1:0:2"];

function make(nowMs: number = NOW): { cert: string; key: string } {
  return selfSignedCertificate({ hosts, nowMs, random: new SeededRandom(1) });
}

test("it is its own authority's, over its own key, for its hosts and its days", () => {
  const { cert, key } = make();
  const parsed = new X509Certificate(cert);
  expect(parsed.verify(parsed.publicKey)).toBe(true);
  expect(parsed.checkPrivateKey(createPrivateKey(key))).toBe(true);
  expect(parsed.checkIssued(parsed)).toBe(true);
  expect(parsed.ca).toBe(true);
  expect(parsed.subjectAltName).toBe(
    "DNS:localhost, DNS:*.s3.localhost, IP Address:127.0.0.1, " +
      "IP Address:0:0:0:0:0:0:0:1, IP Address:FE80:0:0:0:0:1:0:2",
  );
  expect(Date.parse(parsed.validFrom)).toBe(NOW - 86_400_000);
  expect(Date.parse(parsed.validTo)).toBe(NOW + 396 * 86_400_000);
  expect(parsed.checkHost("photos.s3.localhost")).toBe("*.s3.localhost");
  expect(parsed.checkHost("example.org")).toBeUndefined();
  expect(parsed.checkIP("::1")).toBe("::1");
});

test("days behind 2049 are written with four digits of the year", () => {
  const parsed = new X509Certificate(make(Date.parse("2049-06-01T00:00:00Z")).cert);
  expect(new Date(parsed.validFrom).getUTCFullYear()).toBe(2049);
  expect(new Date(parsed.validTo).getUTCFullYear()).toBe(2050);
});

async function greet(options: ConnectionOptions): Promise<TLSSocket> {
  const socket = connect(options);
  await once(socket, "secureConnect");
  return socket;
}

test("a client that trusts it speaks to its server, and others do not", async () => {
  const identity = make(Date.now());
  const server = createServer({ ...identity, minVersion: "TLSv1.2" }, (socket) => socket.end("hi"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  for (const servername of ["localhost", "a.s3.localhost"]) {
    const socket = await greet({ port, host: "127.0.0.1", servername, ca: identity.cert });
    expect(socket.authorized).toBe(true);
    socket.destroy();
  }
  const strange = greet({ port, host: "127.0.0.1", servername: "localhost" });
  await expect(strange).rejects.toThrow(/self-signed certificate/);
  const misnamed = greet({ port, host: "127.0.0.1", servername: "other", ca: identity.cert });
  await expect(misnamed).rejects.toThrow(/does not match/);
  server.close();
});
