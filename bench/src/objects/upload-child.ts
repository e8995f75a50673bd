import { randomBytes } from "node:crypto";
import { receiveInput, sendAnswer } from "../harness/child.ts";
import { Connection } from "../http/connection.ts";
import { signedBytes } from "../http/sign.ts";
import type { Target } from "../http/sign.ts";

/** One upload in parts, as a client sends it. */
export interface UploadRun {
  readonly target: Target;
  readonly path: string;
  readonly uploadId: string;
  readonly partBytes: number;
  readonly parts: number;
  readonly connections: number;
}

const MIB = 1024 * 1024;

async function main(): Promise<void> {
  const { target, path, uploadId, ...size } = await receiveInput<UploadRun>();
  const { partBytes, parts, connections } = size;
  const body = randomBytes(partBytes);
  const pool = Array.from({ length: connections }, () => new Connection(target));
  const began = performance.now();
  let next = 1;
  const worker = async (connection: Connection): Promise<void> => {
    while (next <= parts) {
      const query = `partNumber=${next++}&uploadId=${uploadId}`;
      const payload = "UNSIGNED-PAYLOAD";
      const request = { method: "PUT", path, query, service: "s3", headers: {} } as const;
      await connection.send(signedBytes({ ...request, body, payload }, target, Date.now()));
    }
  };
  await Promise.all(pool.map(worker));
  const seconds = (performance.now() - began) / 1000;
  for (const connection of pool) connection.close();
  sendAnswer({ "MiB/s": (partBytes * parts) / MIB / seconds });
}

void main();
