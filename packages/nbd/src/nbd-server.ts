import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { createSecureContext } from "node:tls";
import type { SecureContext } from "node:tls";
import { RealClock, removeFile, restrictToOwner } from "@firn/core";
import type { Volumes } from "@firn/volumes";
import { CONNECTIONS_MAX, PAYLOADS_BYTES_MAX } from "./constants.ts";
import { Connection } from "./connection.ts";
import type { HeldBytes } from "./connection.ts";
import { nbdError } from "./nbd-error.ts";
import { PayloadRoom } from "./payload-room.ts";

export interface NbdServerOptions {
  /** The engine; volumes and snapshots of every account and region are exported. */
  readonly volumes: Volumes;
  /**
   * Path of a unix socket, made with mode 0600; one that a killed process left is replaced. The
   * caller holds the data directory's lock, so nobody else listens there.
   */
  readonly socketPath?: string | undefined;
  /** TCP port on loopback, 0 for any free one. NBD has no authentication: never beyond loopback. */
  readonly port?: number | undefined;
  /** TCP clients must encrypt (`nbds://`); the unix socket stays plain. */
  readonly tls?: NbdTlsOptions | undefined;
}

/** PEM texts. */
export interface NbdTlsOptions {
  readonly key: string | Buffer;
  readonly cert: string | Buffer;
}

const LOOPBACK = "127.0.0.1";

/**
 * Exports volumes under their ids, read and write, and snapshots under theirs, read-only, to
 * anything that speaks NBD: `nbd+unix:///vol-…?socket=PATH` or `nbd://127.0.0.1:PORT/vol-…`.
 */
export class NbdServer {
  readonly socketPath: string | undefined;
  readonly #options: NbdServerOptions;
  readonly #clock: RealClock = new RealClock();
  readonly #servers: Server[] = [];
  readonly #connections = new Set<Connection>();
  readonly #held: HeldBytes = { total: 0 };
  readonly #payloads: PayloadRoom = new PayloadRoom(PAYLOADS_BYTES_MAX);
  readonly #tls: SecureContext | undefined;
  #port: number | undefined;
  #closing: Promise<void> | undefined;

  private constructor(options: NbdServerOptions) {
    this.#options = options;
    this.socketPath = options.socketPath;
    this.#tls = options.tls && secureContext(options.tls);
  }

  /**
   * Resolves when clients can connect.
   * @throws FIRN_NBD_ADDRESS_TAKEN, FIRN_NBD_LISTEN_FAILED, FIRN_NBD_CERTIFICATE.
   */
  static async listen(options: NbdServerOptions): Promise<NbdServer> {
    const server = new NbdServer(options);
    try {
      if (options.socketPath !== undefined) await server.#listenUnix(options.socketPath);
      if (options.port !== undefined) await server.#listenTcp(options.port);
    } catch (error) {
      await server.close();
      throw error;
    }
    return server;
  }

  /** The TCP port in use. */
  get port(): number | undefined {
    return this.#port;
  }

  /** Answers what is under way, then breaks off. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #listenUnix(path: string): Promise<void> {
    await removeFile(path);
    await this.#listen({ path }, undefined);
    await restrictToOwner(path);
  }

  async #listenTcp(port: number): Promise<void> {
    const server = await this.#listen({ host: LOOPBACK, port }, this.#tls);
    this.#port = (server.address() as AddressInfo).port;
  }

  #listen(
    where: { path: string } | { host: string; port: number },
    tls: SecureContext | undefined,
  ): Promise<Server> {
    const server = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket, tls));
    server.maxConnections = CONNECTIONS_MAX;
    return new Promise((resolve, reject) => {
      server.once("error", (error: NodeJS.ErrnoException) => reject(listenError(error, where)));
      server.listen(where, () => {
        this.#servers.push(server);
        resolve(server);
      });
    });
  }

  #accept(socket: Socket, tls: SecureContext | undefined): void {
    const connection = new Connection(socket, {
      tls,
      volumes: this.#options.volumes,
      clock: this.#clock,
      held: this.#held,
      payloads: this.#payloads,
    });
    this.#connections.add(connection);
    void connection.ended.then(() => this.#connections.delete(connection));
  }

  async #close(): Promise<void> {
    const stopped = this.#servers.map(
      (server) => new Promise<void>((resolve) => server.close(() => resolve())),
    );
    const connections = [...this.#connections];
    for (const connection of connections) connection.close();
    await Promise.all(connections.map(({ ended }) => ended));
    await Promise.all(stopped);
  }
}

function secureContext({ key, cert }: NbdTlsOptions): SecureContext {
  try {
    return createSecureContext({ key, cert, minVersion: "TLSv1.2" });
  } catch (cause) {
    const message =
      "NBD's key or certificate cannot be used; give them as PEM, and a matching pair.";
    throw nbdError("FIRN_NBD_CERTIFICATE", message, { cause });
  }
}

function listenError(
  error: NodeJS.ErrnoException,
  where: { readonly path: string } | { readonly host: string; readonly port: number },
): Error {
  const at = "path" in where ? where.path : `${where.host}:${where.port}`;
  if (error.code === "EADDRINUSE") {
    const message = `Something listens at ${at} already; choose another address for NBD.`;
    return nbdError("FIRN_NBD_ADDRESS_TAKEN", message, { cause: error });
  }
  const message = `NBD cannot listen at ${at}: ${error.message}`;
  return nbdError("FIRN_NBD_LISTEN_FAILED", message, { cause: error });
}
