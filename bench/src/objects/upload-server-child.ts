import { Firn } from "@firn/firn";
import { receiveInput } from "../harness/child.ts";
import type { ServerReady, ServerRun } from "../http/server-run.ts";

/** What the server says when an upload can begin. */
export interface UploadReady extends ServerReady {
  readonly pid: number;
  readonly path: string;
  readonly uploadId: string;
}

async function main(): Promise<void> {
  const { directory, accessKeyId, secretAccessKey } = await receiveInput<ServerRun>();
  const firn = await Firn.open({ directory, rootCredentials: { accessKeyId, secretAccessKey } });
  const named = { bucket: "uploads", key: "large" };
  await firn.objects.createBucket(named);
  const { uploadId } = await firn.objects.createMultipartUpload(named);
  const server = await firn.listen({ port: 0 });
  const { port } = server.address;
  process.send?.({ port, pid: process.pid, path: "/uploads/large", uploadId });
}

void main();
