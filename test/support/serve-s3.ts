import { S3Client } from "@aws-sdk/client-s3";
import { Firn } from "@firn/firn";
import type { FirnOptions, ListenOptions } from "@firn/firn";

/** An ephemeral store behind a port, and a client of its root. */
export interface ServedS3 {
  readonly firn: Firn;
  readonly s3: S3Client;
  readonly endpoint: string;
  close(): Promise<void>;
}

export type ServeS3Options = Pick<ListenOptions, "sseCustomerOverHttp" | "websiteDomain"> &
  Pick<FirnOptions, "clockMode">;

export async function serveS3(options: ServeS3Options = {}): Promise<ServedS3> {
  const { clockMode, ...listening } = options;
  const firn = await Firn.open({ ephemeral: true, clockMode });
  const server = await firn.listen({ port: 0, services: ["s3"], ...listening });
  const { endpoint } = server.address;
  const s3 = new S3Client({
    endpoint,
    region: "us-east-1",
    credentials: firn.rootCredentials,
    maxAttempts: 1,
    forcePathStyle: true,
  });
  return {
    firn,
    s3,
    endpoint,
    async close() {
      s3.destroy();
      await firn.close();
    },
  };
}
