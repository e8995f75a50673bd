import { createHash, hash } from "node:crypto";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { SigV4Verifier, verifyPayload } from "@firn/auth";
import type { SignedRequest } from "@firn/auth";
import { receiveInput } from "../harness/child.ts";
import { QUERY_ITEMS, cannedItems } from "./requests.ts";
import type { ServerRun } from "./server-run.ts";

/**
 * What Firn's HTTP calls are measured against: node:http, the same check of the signature and of
 * the same hashes, answers of the same size, and nothing stored.
 */
async function main(): Promise<void> {
  const { accessKeyId, secretAccessKey, bytes } = await receiveInput<ServerRun>();
  const object = Buffer.alloc(bytes, "x");
  const verifier = new SigV4Verifier({
    credentials: (id) => (id === accessKeyId ? { secretAccessKey } : undefined),
  });
  const itemText = JSON.stringify({ Item: cannedItems(1)[0] });
  const queryText = JSON.stringify({ Items: cannedItems(QUERY_ITEMS), Count: QUERY_ITEMS });

  const answerObject = async (
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> => {
    const signed = verifier.verify(request as SignedRequest, {
      service: "s3",
      nowMs: Date.now(),
    });
    if (request.method === "GET") {
      response.writeHead(200, { "content-length": object.length }).end(object);
      return;
    }
    const { payload } = signed;
    const body = payload.kind === "sha256" ? verifyPayload(request, payload.sha256) : request;
    const md5 = createHash("md5");
    for await (const part of body) md5.update(part as Uint8Array);
    response.writeHead(200, { etag: `"${md5.digest("hex")}"`, "content-length": 0 }).end();
  };

  /** Small bodies are hashed in one call, as Firn does. */
  const answerSmallObject = async (
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> => {
    const body = await readAll(request);
    verifier.verify(request as SignedRequest, { service: "s3", nowMs: Date.now(), body });
    response.writeHead(200, { etag: `"${hash("md5", body)}"`, "content-length": 0 }).end();
  };

  const answerTable = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readAll(request);
    verifier.verify(request as SignedRequest, { service: "dynamodb", nowMs: Date.now(), body });
    JSON.parse(body.toString("utf8"));
    const operation = String(request.headers["x-amz-target"]).split(".")[1];
    let text = "{}";
    if (operation === "GetItem") text = itemText;
    if (operation === "Query") text = queryText;
    const headers = { "content-type": "application/x-amz-json-1.0" };
    response.writeHead(200, { ...headers, "content-length": Buffer.byteLength(text) }).end(text);
  };

  const answer = (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.headers["x-amz-target"] !== undefined) return answerTable(request, response);
    const isSmall = Number(request.headers["content-length"] ?? 0) <= 64 * 1024;
    const isPut = request.method === "PUT";
    return isPut && isSmall
      ? answerSmallObject(request, response)
      : answerObject(request, response);
  };

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      response.writeHead(500, { "content-length": 0 }).end();
      console.error(error);
    });
  });
  server.listen(0, "127.0.0.1", () => {
    process.send?.({ port: (server.address() as AddressInfo).port });
  });
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
}

void main();
