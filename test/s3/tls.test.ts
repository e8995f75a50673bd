import { once } from "node:events";
import { Agent, request } from "node:https";
import type { IncomingMessage } from "node:http";
import { connect } from "node:net";
import { ListTablesCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import {
  CreateBucketCommand,
  GetObjectCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { Firn, makeServerCertificate } from "@firn/firn";
import type { FirnServer } from "@firn/firn";
import { afterAll, beforeAll, expect, test } from "vitest";

/** The APIs over TLS, with a certificate that the server makes by itself. */

let firn: Firn;
let server: FirnServer;

beforeAll(async () => {
  firn = await Firn.open({ ephemeral: true });
  server = await firn.listen({ port: 0, tls: "self-signed" });
});
afterAll(() => firn.close());

function clientOptions(ca: string | undefined = server.address.certificate) {
  return {
    endpoint: server.address.endpoint,
    region: "us-east-1",
    credentials: firn.rootCredentials,
    maxAttempts: 1,
    requestHandler: { httpsAgent: new Agent({ ca, keepAlive: false }) },
  };
}

test("SDK clients that trust the certificate speak to every service over TLS", async () => {
  expect(server.address.endpoint).toMatch(/^https:/);
  const s3 = new S3Client({ ...clientOptions(), forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: "secured" }));
  await s3.send(new PutObjectCommand({ Bucket: "secured", Key: "a", Body: "over TLS" }));
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: "secured", Key: "a" }));
  expect(await Body?.transformToString()).toBe("over TLS");
  const dynamodb = new DynamoDBClient(clientOptions());
  expect((await dynamodb.send(new ListTablesCommand({}))).TableNames).toEqual([]);
  await expect(
    new S3Client({ ...clientOptions(undefined), requestHandler: {}, forcePathStyle: true }).send(
      new CreateBucketCommand({ Bucket: "strange" }),
    ),
  ).rejects.toThrow(/self-signed/);
});

test("keys of clients' own are taken, and aws:SecureTransport holds", async () => {
  const s3 = new S3Client({ ...clientOptions(), forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: "policed" }));
  const SSECustomerKey = Buffer.alloc(32, 7).toString("base64");
  const of = { Bucket: "policed", Key: "sealed", SSECustomerAlgorithm: "AES256", SSECustomerKey };
  await s3.send(new PutObjectCommand({ ...of, Body: "mine" }));
  const plain = await firn.listen({ port: 0 });
  const unsafe = new S3Client({
    ...clientOptions(),
    endpoint: plain.address.endpoint,
    forcePathStyle: true,
  });
  const statement = {
    Effect: "Deny",
    Principal: "*",
    Action: "s3:GetObject",
    Resource: "arn:aws:s3:::policed/*",
    Condition: { Bool: { "aws:SecureTransport": "false" } },
  };
  const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
  await s3.send(new PutBucketPolicyCommand({ Bucket: "policed", Policy }));
  await s3.send(new PutObjectCommand({ Bucket: "policed", Key: "open", Body: "x" }));
  const get = new GetObjectCommand({ Bucket: "policed", Key: "open" });
  await s3.send(get);
  await expect(unsafe.send(get)).rejects.toMatchObject({ name: "AccessDenied" });
  await plain.close();
});

async function health(ca: string): Promise<number> {
  const url = `${server.address.endpoint}/_firn/health`;
  const sent = request(url, { agent: new Agent({ ca, keepAlive: false }) });
  sent.end();
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  response.resume();
  return response.statusCode ?? 0;
}

test("another certificate is taken while the server runs, and a bad one is not", async () => {
  const first = server.address.certificate ?? "";
  const second = makeServerCertificate("127.0.0.1");
  server.reloadTls(second);
  expect(await health(second.cert)).toBe(200);
  await expect(health(first)).rejects.toThrow(/self-signed/);
  expect(() => server.reloadTls({ cert: first, key: second.key })).toThrow(/cannot be used/);
  expect(await health(second.cert)).toBe(200);
  const listening = firn.listen({ port: 0, tls: { cert: "nonsense", key: "nonsense" } });
  await expect(listening).rejects.toMatchObject({ code: "FIRN_TLS_INVALID" });
});

test("a server closes although somebody has not ended, or has given up, a handshake", async () => {
  const closing = await firn.listen({ port: 0, tls: "self-signed" });
  const { port, endpoint } = closing.address;
  const silent = connect(port, "127.0.0.1");
  silent.on("error", () => {});
  await once(silent, "connect");
  const agent = new Agent({ keepAlive: false });
  const strange = request(endpoint, { agent });
  strange.end();
  await expect(once(strange, "response")).rejects.toThrow(/self-signed/);
  const gone = once(silent, "close");
  await closing.close();
  await gone;
  expect(silent.destroyed).toBe(true);
}, 5000);

test("plain HTTP on a TLS port, and noise, end the connection and nothing else", async () => {
  const second = makeServerCertificate("127.0.0.1");
  server.reloadTls(second);
  for (const noise of [
    "GET / HTTP/1.1\r\nhost: a\r\n\r\n",
    "\u0016\u0003\u0001\u0000\u0005hello",
  ]) {
    const socket = connect(server.address.port, "127.0.0.1", () => socket.write(noise));
    socket.on("error", () => {});
    socket.resume();
    await once(socket, "close");
  }
  expect(await health(second.cert)).toBe(200);
});
