import { createHash, createHmac } from "node:crypto";

/** What a client needs to be let in. */
export interface Target {
  readonly host: string;
  readonly port: number;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface PlainRequest {
  readonly method: "GET" | "PUT" | "POST";
  /** Already percent-encoded, without a query. */
  readonly path: string;
  readonly service: "s3" | "dynamodb" | "glacier";
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** In the order of its names, encoded; default none. */
  readonly query?: string | undefined;
  /** What is signed in the place of the body's SHA-256. */
  readonly payload?: "UNSIGNED-PAYLOAD" | "STREAMING-UNSIGNED-PAYLOAD-TRAILER" | undefined;
}

const REGION = "us-east-1";

/**
 * The bytes of a request with its Signature Version 4, ready for the socket. Signed before the
 * clock starts, so that the client's hashing is not measured.
 */
export function signedBytes(request: PlainRequest, target: Target, nowMs: number): Buffer {
  const { method, path, service, body, query = "" } = request;
  const timestamp = new Date(nowMs).toISOString().replaceAll(/[-:]|\.\d{3}/g, "");
  const date = timestamp.slice(0, 8);
  const payload = request.payload ?? createHash("sha256").update(body).digest("hex");
  const headers: Record<string, string> = {
    ...request.headers,
    host: `${target.host}:${target.port}`,
    "x-amz-content-sha256": payload,
    "x-amz-date": timestamp,
  };
  const names = Object.keys(headers).sort();
  const lines = names.map((name) => `${name}:${headers[name]}\n`).join("");
  const signedHeaders = names.join(";");
  const canonical = [method, path, query, lines, signedHeaders, payload].join("\n");
  const scope = `${date}/${REGION}/${service}/aws4_request`;
  const digest = createHash("sha256").update(canonical).digest("hex");
  const text = ["AWS4-HMAC-SHA256", timestamp, scope, digest].join("\n");
  let key: string | Buffer = `AWS4${target.secretAccessKey}`;
  for (const part of scope.split("/")) key = createHmac("sha256", key).update(part).digest();
  const signature = createHmac("sha256", key).update(text).digest("hex");
  const head = [
    `${method} ${path}${query === "" ? "" : `?${query}`} HTTP/1.1`,
    ...names.map((name) => `${name}: ${headers[name]}`),
    `content-length: ${body.length}`,
    `authorization: AWS4-HMAC-SHA256 Credential=${target.accessKeyId}/${scope}, ` +
      `SignedHeaders=${signedHeaders}, Signature=${signature}`,
  ];
  return Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`, "latin1"), body]);
}
