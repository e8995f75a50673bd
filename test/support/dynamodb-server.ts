import { Firn } from "@firn/firn";
import type { FirnOptions } from "@firn/firn";

/** What a client of the SDK is made with. */
export interface ClientOptions {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly maxAttempts: number;
}

export interface TestServer {
  readonly firn: Firn;
  readonly clientOptions: ClientOptions;
  close(): Promise<void>;
}

/** A server of its own, on a store whose clock stands still until it is moved. */
export async function openTestServer(options: Partial<FirnOptions> = {}): Promise<TestServer> {
  const firn = await Firn.open({ ephemeral: true, clockMode: { kind: "manual" }, ...options });
  const { address } = await firn.listen({ port: 0, services: ["dynamodb"] });
  return {
    firn,
    clientOptions: {
      endpoint: address.endpoint,
      region: "us-east-1",
      credentials: firn.rootCredentials,
      maxAttempts: 1,
    },
    close: () => firn.close(),
  };
}
