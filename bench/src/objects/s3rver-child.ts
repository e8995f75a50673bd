import { receiveInput } from "../harness/child.ts";
import { loadRival } from "../harness/rivals.ts";
import type { ServerRun } from "../http/server-run.ts";

interface S3rverModule {
  readonly default: new (options: object) => {
    run(): Promise<{ readonly port: number }>;
  };
}

/** s3rver as its documentation starts it. It knows one user, and syncs nothing. */
async function main(): Promise<void> {
  const { directory } = await receiveInput<ServerRun>();
  const { default: S3rver } = await loadRival<S3rverModule>("s3rver");
  const options = { port: 0, address: "127.0.0.1", silent: true, directory };
  const { port } = await new S3rver(options).run();
  process.send?.({ port });
}

void main();
