import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { receiveInput } from "../harness/child.ts";
import { loadRival } from "../harness/rivals.ts";

/** One run of dynalite: what the parent asks for. */
export interface DynaliteRun {
  /** A LevelDB directory; absent: in memory. */
  readonly path: string | undefined;
}

type Dynalite = (options: object) => Server;

/** dynalite as test suites run it, with tables that are there at once. */
async function main(): Promise<void> {
  const { path } = await receiveInput<DynaliteRun>();
  const { default: dynalite } = await loadRival<{ default: Dynalite }>("dynalite");
  const place = path === undefined ? {} : { path };
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0, ...place });
  server.listen(0, "127.0.0.1", () => {
    process.send?.({ port: (server.address() as AddressInfo).port });
  });
}

void main();
