import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { TlsOptions, Server as TlsServer } from "node:tls";
import type { Clock } from "@firn/core";
import { HttpConnection } from "./http-connection.ts";
import type { ConnectionHost, Refusal } from "./http-connection.ts";
import type { HttpLimits } from "./http-limits.ts";
import type { HttpRequest } from "./http-request.ts";
import type { HttpResponse } from "./http-response.ts";

export interface HttpServerOptions {
  readonly limits: HttpLimits;
  /** Real time. */
  readonly clock: Clock;
  /** Speak TLS, and nothing else. Default: plain. @see node:tls. */
  readonly tls?: TlsOptions | undefined;
  /** Answers one request. Called once its head is read; must not throw. */
  readonly serve: (request: HttpRequest, response: HttpResponse) => void;
  readonly refusalText: ConnectionHost["refusalText"];
}

/**
 * HTTP/1.1 over sockets: keep-alive, requests sent ahead, chunks, 100-continue, back-pressure both
 * ways, limits on everything that a client decides. node:http does more for everybody and takes
 * twice the processor time of a small request (docs/decisions).
 */
export class HttpServer implements ConnectionHost {
  readonly limits: HttpLimits;
  readonly serve: HttpServerOptions["serve"];
  readonly refusalText: (refusal: Refusal) => { readonly line: string; readonly text: string };
  readonly #clock: Clock;
  readonly #server: Server | TlsServer;
  readonly #connections = new Set<HttpConnection>();
  /** Sockets without a secure channel yet, by where they come from. */
  readonly #handshaking = new Map<string, Socket>();
  #cancelSweep: (() => void) | undefined;
  #isClosing = false;
  #dateSecond = 0;
  #date = "";

  /** @throws what node:tls says of options that it cannot use. */
  constructor({ limits, clock, tls, serve, refusalText }: HttpServerOptions) {
    this.limits = limits;
    this.serve = serve;
    this.refusalText = refusalText;
    this.#clock = clock;
    // A client's half-close is for the connection to judge; one in a handshake has given up.
    this.#server =
      tls === undefined
        ? createServer({ noDelay: true, allowHalfOpen: true })
        : createTlsServer({ ...tls, noDelay: true });
    this.#server.maxConnections = limits.connectionsMax;
    const event = tls === undefined ? "connection" : "secureConnection";
    this.#server.on(event, (socket: Socket) => this.#open(socket));
    if (tls !== undefined) this.#server.on("connection", (raw: Socket) => this.#handshake(raw));
    // Before there is a secure channel there is nobody to whom a sentence could be said.
    this.#server.on("tlsClientError", (_: Error, socket: Socket) => socket.destroy());
  }

  get isListening(): boolean {
    return this.#server.listening;
  }

  get isClosing(): boolean {
    return this.#isClosing;
  }

  /** Rejects with Node's own error. */
  listen(at: { readonly host: string; readonly port: number }): Promise<AddressInfo> {
    const server = this.#server;
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(at, () => {
        server.off("error", reject);
        this.#sweepLater();
        resolve(server.address() as AddressInfo);
      });
    });
  }

  /** Another certificate, for connections from now on. False when the server does not speak TLS. */
  secure(tls: TlsOptions): boolean {
    const server = this.#server;
    if (!("setSecureContext" in server)) return false;
    server.setSecureContext(tls);
    return true;
  }

  /**
   * Takes no more connections and closes those that wait for a request; the others close behind
   * their answers. Resolves when the last one is gone.
   */
  close(): Promise<void> {
    this.#isClosing = true;
    this.#cancelSweep?.();
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      for (const socket of this.#handshaking.values()) socket.destroy();
      for (const connection of this.#connections) connection.closeIdle();
    });
  }

  /** Breaks off what is still open. */
  destroyConnections(): void {
    for (const connection of this.#connections) connection.destroy();
  }

  date(): string {
    const second = Math.floor(this.#clock.now() / 1000);
    if (second !== this.#dateSecond || this.#date === "") {
      this.#dateSecond = second;
      this.#date = new Date(second * 1000).toUTCString();
    }
    return this.#date;
  }

  #handshake(raw: Socket): void {
    const from = originOf(raw);
    this.#handshaking.set(from, raw);
    raw.on("close", () => {
      if (this.#handshaking.get(from) === raw) this.#handshaking.delete(from);
    });
  }

  #open(socket: Socket): void {
    this.#handshaking.delete(originOf(socket));
    const connection = new HttpConnection(socket, this);
    this.#connections.add(connection);
    socket.on("close", () => this.#connections.delete(connection));
    if (this.#isClosing) connection.closeIdle();
  }

  #sweepLater(): void {
    this.#cancelSweep = this.#clock.schedule(this.limits.sweepMs, () => {
      for (const connection of this.#connections) connection.sweep();
      this.#sweepLater();
    });
  }
}

/** A secure socket and the one below it have the same. */
function originOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
