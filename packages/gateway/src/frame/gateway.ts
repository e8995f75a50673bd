import { X509Certificate, createPrivateKey } from "node:crypto";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Server as TlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Clock, FirnError, Random } from "@firn/core";
import type { Operation } from "@firn/wire";
import { ADMIN_PREFIX, Admin } from "./admin.ts";
import type { AdminOptions } from "./admin.ts";
import { Authenticator } from "./authenticator.ts";
import type { AuthenticatorOptions } from "./authenticator.ts";
import { ByteBudget } from "./byte-budget.ts";
import {
  BODIES_BYTES_MAX,
  CONNECTIONS_CHECK_MS,
  CONNECTIONS_MAX,
  DRAIN_MS,
  HEADERS_MAX,
  HEADERS_TIMEOUT_MS,
  HEADER_BYTES_MAX,
  IDLE_TIMEOUT_MS,
  IN_FLIGHT_MAX,
  KEEP_ALIVE_MS,
  LOG_CLOSE_MS,
  PIPELINED_MAX,
  TLS_HANDSHAKE_MS,
} from "./constants.ts";
import { Exchange } from "./exchange.ts";
import { gatewayError } from "./gateway-error.ts";
import { silentLog } from "./gateway-log.ts";
import type { GatewayLog } from "./gateway-log.ts";
import type { GatewayParts } from "./gateway-parts.ts";
import { RequestIds } from "./request-ids.ts";
import type { AnyService } from "./service.ts";
import { ServiceLocator } from "./service-locator.ts";
import { ServiceRoutes } from "./service-routes.ts";

export interface GatewayOptions {
  readonly services: readonly AnyService[];
  /** Who may ask. */
  readonly auth: Pick<AuthenticatorOptions, "mode" | "credentials" | "root">;
  /** The store's clock: `/_firn/clock` shows and advances it. */
  readonly clock: Clock;
  readonly advanceClock: AdminOptions["advanceClock"];
  /** Real time: signatures and timeouts. */
  readonly realClock: Clock;
  readonly random: Random;
  readonly health: AdminOptions["health"];
  readonly commands?: AdminOptions["commands"];
  /** Files that the process may have open: half of them, and 8192 at the most, become sockets. */
  readonly openFilesMax?: number | undefined;
  /** Default: silent. */
  readonly log?: GatewayLog | undefined;
  /** Speak TLS, 1.2 and above, and nothing else. Default: plain HTTP. */
  readonly tls?: TlsOptions | undefined;
}

/** PEM texts: a certificate with those it was signed by behind it, and its key. */
export interface TlsOptions {
  readonly cert: string;
  readonly key: string;
}

export interface ListenOptions {
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
}

/** One operation of the gateway, for tests and for the generated tables. */
export interface ListedOperation {
  readonly service: string;
  readonly operation: Operation;
}

/** The HTTP server in front of the engines: one port for every service. */
export class Gateway {
  readonly #services: readonly ServiceRoutes[];
  readonly #locator: ServiceLocator;
  readonly #admin: Admin;
  readonly #parts: GatewayParts;
  readonly #server: Server | TlsServer;
  #inFlight = 0;
  readonly #pipelined = new WeakMap<Socket, number>();
  /** What a connection is being answered. */
  readonly #answering = new WeakMap<Socket, ServerResponse>();
  readonly #onServed = (): void => {
    this.#inFlight--;
    // A client that keeps its connection for the next request must not hold the drain up.
    if (this.#closing !== undefined) this.#server.closeIdleConnections();
  };
  #closing: Promise<void> | undefined;

  constructor(options: GatewayOptions) {
    const { realClock, log = silentLog } = options;
    this.#services = options.services.map((service) => new ServiceRoutes(service));
    this.#locator = new ServiceLocator(this.#services);
    const authenticator = new Authenticator({ ...options.auth, realClock });
    const { clock, advanceClock, health, commands } = options;
    this.#admin = new Admin({ authenticator, clock, advanceClock, health, commands });
    this.#parts = {
      authenticator,
      realClock,
      log,
      requestIds: new RequestIds(options.random),
      bodies: new ByteBudget(BODIES_BYTES_MAX),
    };
    this.#server = this.#createServer(options.tls);
    const sockets = Math.floor((options.openFilesMax ?? Infinity) / 2);
    this.#server.maxConnections = Math.min(CONNECTIONS_MAX, sockets);
  }

  /** Every operation that is served. */
  operations(): ListedOperation[] {
    return this.#services.flatMap(({ service }) =>
      service.operations.map((operation) => ({ service: service.name, operation })),
    );
  }

  /** @throws FIRN_PORT_TAKEN, FIRN_LISTEN_FAILED. */
  listen({ host, port }: ListenOptions): Promise<AddressInfo> {
    return new Promise((resolve, reject) => {
      const fail = (error: NodeJS.ErrnoException): void => reject(listenError(error, host, port));
      this.#server.once("error", fail);
      this.#server.listen({ host, port }, () => {
        this.#server.off("error", fail);
        resolve(this.#server.address() as AddressInfo);
      });
    });
  }

  /**
   * Another certificate for connections from now on; those that are open keep theirs.
   * @throws FIRN_TLS_INVALID, and goes on with the old one.
   */
  reloadTls(tls: TlsOptions): void {
    const server = this.#server;
    if (!("setSecureContext" in server)) {
      throw gatewayError("FIRN_TLS_INVALID", "The server does not speak TLS.");
    }
    withTls(tls, () => server.setSecureContext({ ...tls, ...TLS_SETTINGS }));
  }

  /**
   * Stops accepting, lets requests finish for up to 8 seconds, then breaks the rest off (their
   * `signal` fires). Idempotent.
   */
  close(): Promise<void> {
    this.#closing ??= this.#drain().then(() => this.#flushLog());
    return this.#closing;
  }

  /** Standard error may be a pipe that nobody reads. */
  #flushLog(): Promise<void> {
    const { log, realClock } = this.#parts;
    return new Promise((resolve, reject) => {
      const cancel = realClock.schedule(LOG_CLOSE_MS, resolve);
      log.flush().then(resolve, reject).finally(cancel);
    });
  }

  #drain(): Promise<void> {
    const server = this.#server;
    if (!server.listening) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = this.#parts.realClock.schedule(DRAIN_MS, () => server.closeAllConnections());
      server.close(() => {
        cancel();
        resolve();
      });
      server.closeIdleConnections();
    });
  }

  #createServer(tls: TlsOptions | undefined): Server | TlsServer {
    const limits = {
      maxHeaderSize: HEADER_BYTES_MAX,
      headersTimeout: HEADERS_TIMEOUT_MS,
      connectionsCheckingInterval: CONNECTIONS_CHECK_MS,
      // An upload may take as long as it moves: IDLE_TIMEOUT_MS watches over that.
      requestTimeout: 0,
      keepAliveTimeout: KEEP_ALIVE_MS,
      noDelay: true,
    };
    const secured = { ...limits, ...tls, ...TLS_SETTINGS, handshakeTimeout: TLS_HANDSHAKE_MS };
    const server =
      tls === undefined ? createServer(limits) : withTls(tls, () => createTlsServer(secured));
    // Node drops what is above its limit in silence: ours is met first, and told.
    server.maxHeadersCount = 2 * HEADERS_MAX;
    server.timeout = IDLE_TIMEOUT_MS;
    server.on("request", (request, response) => this.#accept(request, response));
    // Without listeners Node answers 100 before anybody is authenticated, and 417 to the rest.
    server.on("checkContinue", (request, response) => this.#accept(request, response));
    server.on("checkExpectation", (request, response) => this.#accept(request, response));
    server.on("clientError", (error, socket) => this.#refuse(error, socket as Socket));
    return server;
  }

  /** Nonsense behind a request does not keep that one's answer from its client. */
  #refuse(error: NodeJS.ErrnoException, socket: Socket): void {
    const answer = this.#answering.get(socket);
    if (answer?.req.complete === true && !answer.writableFinished && !answer.destroyed) {
      answer.once("close", () => refuseSocket(error, socket));
    } else refuseSocket(error, socket);
  }

  #accept(request: IncomingMessage, response: ServerResponse): void {
    if (request.rawHeaders.length > 2 * HEADERS_MAX) refuseHeaders(response);
    else if (response.socket === null) this.#serveInTurn(request, response);
    else this.#serve(request, response);
  }

  /**
   * A request that came before the one in front of it was answered. Node never ends the responses
   * that still wait for their turn when the connection goes: they may hold nothing until then.
   */
  #serveInTurn(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    const waiting = this.#pipelined.get(socket) ?? 0;
    if (waiting === PIPELINED_MAX) {
      socket.destroy();
      return;
    }
    this.#pipelined.set(socket, waiting + 1);
    response.once("socket", () => {
      this.#pipelined.set(socket, (this.#pipelined.get(socket) ?? 1) - 1);
      this.#serve(request, response);
    });
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    this.#inFlight++;
    this.#answering.set(request.socket, response);
    response.on("close", this.#onServed);
    if (this.#closing !== undefined) response.setHeader("connection", "close");
    if (request.url?.startsWith(ADMIN_PREFIX) === true) {
      void this.#admin.serve(request, response);
      return;
    }
    const routes = this.#locator.find(request as IncomingMessage & { method: string; url: string });
    if (routes === undefined) refuseService(request, response);
    else if (this.#inFlight > IN_FLIGHT_MAX) refuseLoad(routes, response);
    else void new Exchange(this.#parts, routes, { request, response }).run();
  }
}

const TLS_SETTINGS = { minVersion: "TLSv1.2" } as const;

/**
 * Empty texts are a server without a certificate to OpenSSL, which no client can then speak to.
 * @throws FIRN_TLS_INVALID in the place of what OpenSSL says.
 */
function withTls<T>({ cert, key }: TlsOptions, use: () => T): T {
  try {
    const fits = new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
    if (!fits) throw new Error("the key is not the certificate's");
    return use();
  } catch (cause) {
    const text = `The TLS certificate or its key cannot be used: ${(cause as Error).message}.`;
    throw gatewayError("FIRN_TLS_INVALID", text, { cause });
  }
}

function listenError(cause: NodeJS.ErrnoException, host: string, port: number): FirnError {
  const detail = { host, port };
  if (cause.code === "EADDRINUSE") {
    const text = `Port ${port} on ${host} is taken by another program.`;
    return gatewayError("FIRN_PORT_TAKEN", text, { cause, detail });
  }
  const text = `Cannot listen on ${host}:${port}: ${cause.message}.`;
  return gatewayError("FIRN_LISTEN_FAILED", text, { cause, detail });
}

const HEADERS_TOO_LARGE = {
  line: "431 Request Header Fields Too Large",
  text: `The request line and headers exceed ${HEADER_BYTES_MAX} bytes or ${HEADERS_MAX} lines.\n`,
};
const NO_HTTP = {
  line: "400 Bad Request",
  text: "The request is not valid HTTP/1.1, or its body ended before it was complete.\n",
};
const REFUSALS: ReadonlyMap<string, { readonly line: string; readonly text: string }> = new Map([
  ["HPE_HEADER_OVERFLOW", HEADERS_TOO_LARGE],
  [
    "ERR_HTTP_REQUEST_TIMEOUT",
    { line: "408 Request Timeout", text: "The headers took too long to arrive.\n" },
  ],
]);

/** What is no HTTP at all is told so in plain text, as long as somebody may read it. */
function refuseSocket(error: NodeJS.ErrnoException, socket: Socket): void {
  const { line, text } = REFUSALS.get(error.code ?? "") ?? NO_HTTP;
  // Before there is a secure channel there is nobody to whom a sentence could be said.
  const isMute = error.code === "ECONNRESET" || /^ERR_(SSL|TLS)_/.test(error.code ?? "");
  if (!socket.writable || isMute) socket.destroy();
  else {
    const head = `HTTP/1.1 ${line}\r\nconnection: close\r\ncontent-type: text/plain\r\n`;
    socket.end(`${head}content-length: ${text.length}\r\n\r\n${text}`);
  }
}

function refuseHeaders(response: ServerResponse): void {
  const { text } = HEADERS_TOO_LARGE;
  const headers = { connection: "close", "content-type": "text/plain" };
  response.writeHead(431, { ...headers, "content-length": text.length }).end(text);
}

/** A service that is not served has no form of its own; what called it tells JSON from XML. */
function refuseService(request: IncomingMessage, response: ServerResponse): void {
  const text = "This server does not serve the service that the request is signed for.";
  const json = request.headers["x-amz-target"] !== undefined;
  const body = json
    ? JSON.stringify({ __type: "UnknownOperationException", message: text })
    : '<?xml version="1.0" encoding="UTF-8"?>\n<ErrorResponse><Error><Type>Sender</Type>' +
      `<Code>UnknownService</Code><Message>${text}</Message></Error></ErrorResponse>`;
  const type = json ? "application/x-amz-json-1.0" : "text/xml";
  response.writeHead(400, { "content-type": type, "content-length": body.length }).end(body);
}

function refuseLoad({ service }: ServiceRoutes, response: ServerResponse): void {
  const { code, status } = service.refusals.overloaded();
  const headers = { "x-amzn-errortype": code, "content-length": 0, connection: "close" };
  response.writeHead(status, headers).end();
}
