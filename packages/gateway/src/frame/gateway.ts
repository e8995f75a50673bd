import { X509Certificate, createPrivateKey } from "node:crypto";
import type { AddressInfo } from "node:net";
import type { Clock, FirnError, Random } from "@firn/core";
import type { Operation } from "@firn/wire";
import type { Refusal } from "../http/http-connection.ts";
import type { HttpLimits } from "../http/http-limits.ts";
import type { HttpRequest } from "../http/http-request.ts";
import type { HttpResponse } from "../http/http-response.ts";
import { HttpServer } from "../http/http-server.ts";
import type { HttpServerOptions } from "../http/http-server.ts";
import { ADMIN_PREFIX, Admin } from "./admin.ts";
import type { AdminOptions } from "./admin.ts";
import { Authenticator } from "./authenticator.ts";
import type { AuthenticatorOptions } from "./authenticator.ts";
import { ByteBudget } from "./byte-budget.ts";
import {
  AHEAD_BYTES_MAX,
  BODIES_BYTES_MAX,
  CONNECTIONS_CHECK_MS,
  CONNECTIONS_MAX,
  DISCARD_BYTES_MAX,
  DRAIN_MS,
  HEADERS_MAX,
  HEADERS_TIMEOUT_MS,
  HEADER_BYTES_MAX,
  IDLE_TIMEOUT_MS,
  IN_FLIGHT_MAX,
  KEEP_ALIVE_MS,
  LOG_CLOSE_MS,
  SMALL_BODY_BYTES,
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
  readonly #server: HttpServer;
  #inFlight = 0;
  readonly #onServed = (): void => {
    this.#inFlight--;
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
    const sockets = Math.floor((options.openFilesMax ?? Infinity) / 2);
    this.#server = this.#createServer(Math.min(CONNECTIONS_MAX, sockets), options.tls);
  }

  /** Every operation that is served. */
  operations(): ListedOperation[] {
    return this.#services.flatMap(({ service }) =>
      service.operations.map((operation) => ({ service: service.name, operation })),
    );
  }

  /** @throws FIRN_PORT_TAKEN, FIRN_LISTEN_FAILED. */
  listen({ host, port }: ListenOptions): Promise<AddressInfo> {
    return this.#server.listen({ host, port }).catch((error: NodeJS.ErrnoException) => {
      throw listenError(error, host, port);
    });
  }

  /**
   * Another certificate for connections from now on; those that are open keep theirs.
   * @throws FIRN_TLS_INVALID, and goes on with the old one.
   */
  reloadTls(tls: TlsOptions): void {
    const isSecure = withTls(tls, () => this.#server.secure({ ...tls, ...TLS_SETTINGS }));
    if (!isSecure) throw gatewayError("FIRN_TLS_INVALID", "The server does not speak TLS.");
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
    if (!server.isListening) return Promise.resolve();
    const breakOff = (): void => server.destroyConnections();
    const cancel = this.#parts.realClock.schedule(DRAIN_MS, breakOff);
    return server.close().finally(cancel);
  }

  #createServer(connectionsMax: number, tls: TlsOptions | undefined): HttpServer {
    const options: HttpServerOptions = {
      limits: { ...LIMITS, connectionsMax },
      clock: this.#parts.realClock,
      serve: (request, response) => this.#serve(request, response),
      refusalText: (refusal) => REFUSALS[refusal],
    };
    if (tls === undefined) return new HttpServer(options);
    const secured = { ...tls, ...TLS_SETTINGS, handshakeTimeout: TLS_HANDSHAKE_MS };
    return withTls(tls, () => new HttpServer({ ...options, tls: secured }));
  }

  #serve(request: HttpRequest, response: HttpResponse): void {
    this.#inFlight++;
    response.onClose(this.#onServed);
    if (request.url.startsWith(ADMIN_PREFIX)) {
      void this.#admin.serve(request, response);
      return;
    }
    const routes = this.#locator.find(request);
    if (routes === undefined) refuseService(request, response);
    else if (this.#inFlight > IN_FLIGHT_MAX) refuseLoad(routes, response);
    else void new Exchange(this.#parts, routes, { request, response }).run();
  }
}

const LIMITS: Omit<HttpLimits, "connectionsMax"> = {
  headBytesMax: HEADER_BYTES_MAX,
  headersMax: HEADERS_MAX,
  headMs: HEADERS_TIMEOUT_MS,
  keepAliveMs: KEEP_ALIVE_MS,
  // An upload may take as long as it moves.
  idleMs: IDLE_TIMEOUT_MS,
  sweepMs: CONNECTIONS_CHECK_MS,
  aheadBytesMax: AHEAD_BYTES_MAX,
  unreadBytesMax: SMALL_BODY_BYTES,
  discardBytesMax: DISCARD_BYTES_MAX,
};

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
const REFUSALS: Readonly<Record<Refusal, { readonly line: string; readonly text: string }>> = {
  malformed: NO_HTTP,
  headTooLarge: HEADERS_TOO_LARGE,
  headTooSlow: {
    line: "408 Request Timeout",
    text: "The headers took too long to arrive.\n",
  },
};

/** A service that is not served has no form of its own; what called it tells JSON from XML. */
function refuseService(request: HttpRequest, response: HttpResponse): void {
  const text = "This server does not serve the service that the request is signed for.";
  const json = request.headers["x-amz-target"] !== undefined;
  const body = json
    ? JSON.stringify({ __type: "UnknownOperationException", message: text })
    : '<?xml version="1.0" encoding="UTF-8"?>\n<ErrorResponse><Error><Type>Sender</Type>' +
      `<Code>UnknownService</Code><Message>${text}</Message></Error></ErrorResponse>`;
  const type = json ? "application/x-amz-json-1.0" : "text/xml";
  response.send(400, { "content-type": type }, body);
}

function refuseLoad({ service }: ServiceRoutes, response: HttpResponse): void {
  const { code, status } = service.refusals.overloaded();
  response.closeAfter();
  response.send(status, { "x-amzn-errortype": code }, "");
}
