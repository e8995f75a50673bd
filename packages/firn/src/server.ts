import { isIP } from "node:net";
import { RealClock, NodeRandom } from "@firn/core";
import { Gateway, openLog } from "@firn/gateway";
import type { GatewayLog, ListedOperation, LogLevel, SignerCredential } from "@firn/gateway";
import { credentialSource } from "./credential-source.ts";
import type { Engines } from "./engines.ts";
import { umbrellaError } from "./firn-error.ts";
import { serviceNames } from "./service-names.ts";
import type { ServiceName } from "./service-names.ts";
import { createServices } from "./services.ts";
import { version } from "./version.ts";

export interface ListenOptions {
  /** Default 127.0.0.1. */
  readonly host?: string | undefined;
  /** Default 4566; 0 takes any free one. */
  readonly port?: number | undefined;
  /** `off` takes any signature, or none, and is refused beyond loopback. Default `on`. */
  readonly auth?: "on" | "off" | undefined;
  /** Default: all. */
  readonly services?: readonly ServiceName[] | undefined;
  /** JSON lines on standard error, at this level and above. Default `silent`. */
  readonly logLevel?: LogLevel | undefined;
}

/** What a program needs to reach the server. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
  /** `http://127.0.0.1:4566`. */
  readonly endpoint: string;
}

const DEFAULT_PORT = 4566;

/** The engines behind a port, for any AWS client. */
export class FirnServer {
  readonly address: ServerAddress;
  readonly #gateway: Gateway;

  /**
   * Resolves when requests are served.
   * @throws FIRN_PORT_TAKEN, FIRN_LISTEN_FAILED, FIRN_AUTH_OFF_EXPOSED.
   */
  static async open(engines: Engines, options: ListenOptions): Promise<FirnServer> {
    const { host = "127.0.0.1", port = DEFAULT_PORT, auth = "on" } = options;
    if (auth === "off") requireLoopback(host);
    const log = await openLog(options.logLevel ?? "silent");
    const gateway = makeGateway(engines, { ...options, auth, log });
    const bound = await gateway.listen({ host, port });
    if (auth === "off") log.warn({}, "authentication is off: every request acts as root");
    return new FirnServer(gateway, addressOf(host, bound.port));
  }

  private constructor(gateway: Gateway, address: ServerAddress) {
    this.#gateway = gateway;
    this.address = address;
  }

  /** Every API operation that it serves. */
  operations(): ListedOperation[] {
    return this.#gateway.operations();
  }

  /** Lets requests in work finish, for up to 8 seconds. Idempotent. */
  close(): Promise<void> {
    return this.#gateway.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

interface GatewaySettings {
  readonly auth: "on" | "off";
  readonly services?: readonly ServiceName[] | undefined;
  readonly log: GatewayLog;
}

function makeGateway(
  engines: Engines,
  { auth, services = serviceNames, log }: GatewaySettings,
): Gateway {
  const { store, identity } = engines;
  const credentials = credentialSource(identity);
  const { caller: root } = credentials(identity.root().accessKeyId) as SignerCredential;
  return new Gateway({
    services: createServices(engines, services),
    auth: { mode: auth, root, credentials },
    clock: store.clock,
    advanceClock: (byMs) => store.advanceClock(byMs),
    realClock: new RealClock(),
    random: new NodeRandom(),
    health: () => ({ status: "ok", version, services, storeId: store.id, lsn: store.durableLsn }),
    log,
  });
}

function addressOf(host: string, port: number): ServerAddress {
  const reachable = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
  const named = isIP(reachable) === 6 ? `[${reachable}]` : reachable;
  return { host, port, endpoint: `http://${named}:${port}` };
}

function requireLoopback(host: string): void {
  if (host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."))) {
    return;
  }
  const message =
    `Authentication is off, so everybody who reaches ${host} would be root. ` +
    "Listen on 127.0.0.1, or leave authentication on.";
  throw umbrellaError("FIRN_AUTH_OFF_EXPOSED", message, { host });
}
