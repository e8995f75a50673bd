import { Firn } from "@firn/firn";
import { receiveInput } from "../harness/child.ts";
import type { ServerRun } from "./server-run.ts";

/** Firn as `firn serve` runs it: durable, authenticated, without an access log. */
async function main(): Promise<void> {
  const { directory, accessKeyId, secretAccessKey } = await receiveInput<ServerRun>();
  const firn = await Firn.open({ directory, rootCredentials: { accessKeyId, secretAccessKey } });
  const server = await firn.listen({ port: 0 });
  process.send?.({ port: server.address.port });
}

void main();
