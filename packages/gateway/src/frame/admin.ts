import { AuthError, serviceError } from "@firn/auth";
import { FirnError } from "@firn/core";
import type { Clock } from "@firn/core";
import { MalformedError, parseJson } from "@firn/wire";
import type { HttpRequest } from "../http/http-request.ts";
import type { HttpResponse } from "../http/http-response.ts";
import type { Authenticator } from "./authenticator.ts";
import { ADMIN_BODY_BYTES_MAX } from "./constants.ts";
import { parseIsoDuration } from "./iso-duration.ts";
import { splitTarget } from "./raw-request.ts";
import { BodyTooLargeError, readRawBody } from "./request-body.ts";

/** The service name in signatures of `/_firn/*`. */
export const ADMIN_SERVICE = "firn";
/** Paths below it are Firn's own; no bucket may have this name, since of the underscore. */
export const ADMIN_PREFIX = "/_firn/";

export interface AdminOptions {
  readonly authenticator: Authenticator;
  /** The store's clock. */
  readonly clock: Clock;
  /** Moves it durably. @throws FIRN_CLOCK_MODE when it is not manual. */
  readonly advanceClock: (byMs: number) => Promise<void>;
  /** Facts of `GET /_firn/health`; `status` other than "ok" answers 503. */
  readonly health: () => { readonly status: string } & Readonly<Record<string, unknown>>;
  /** What else root may ask for, by method and path: `GET status`. */
  readonly commands?: ReadonlyMap<string, AdminCommand> | undefined;
}

/** @param body the request's JSON object; without a body an empty one. */
export type AdminCommand = (
  body: Readonly<Record<string, unknown>>,
) => Promise<Readonly<Record<string, unknown>>>;

interface AdminAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Firn's own endpoints: health for anybody, the rest signed by root. */
export class Admin {
  readonly #options: AdminOptions;

  constructor(options: AdminOptions) {
    this.#options = options;
  }

  /** Serves one request below `/_firn/`. Never rejects. */
  async serve(request: HttpRequest, response: HttpResponse): Promise<void> {
    const answer = await this.#answer(request, response).catch(refusal);
    const text = `${JSON.stringify(answer.body)}\n`;
    response.send(answer.status, { "content-type": "application/json" }, text);
  }

  async #answer(request: HttpRequest, response: HttpResponse): Promise<AdminAnswer> {
    const { path } = splitTarget(request.url);
    const asked = `${request.method} ${path.slice(ADMIN_PREFIX.length)}`;
    if (asked === "GET health" || asked === "HEAD health") return this.#health();
    const onRead = (): void => {
      if (request.headers["expect"] !== undefined) response.writeContinue();
    };
    const body = await readRawBody({ request, onRead }, ADMIN_BODY_BYTES_MAX);
    const { authenticator } = this.#options;
    const { caller } = authenticator.admit(request, { service: ADMIN_SERVICE, body });
    if (!authenticator.isServerRoot(caller))
      return failure(403, "AccessDenied", "Only root may do this.");
    if (asked === "GET clock") return { status: 200, body: this.#clock() };
    if (asked === "POST clock") return this.#advance(body);
    const command = this.#options.commands?.get(asked);
    if (command === undefined) return failure(404, "NotFound", `There is no ${asked} here.`);
    const given = objectIn(body);
    if (given === undefined) return failure(400, "MalformedBody", "The body must be an object.");
    return { status: 200, body: await command(given) };
  }

  #health(): AdminAnswer {
    const body = this.#options.health();
    return { status: body.status === "ok" ? 200 : 503, body };
  }

  #clock(): Readonly<Record<string, unknown>> {
    const { clock } = this.#options;
    return { mode: clock.mode, nowMs: clock.now() };
  }

  async #advance(body: Uint8Array): Promise<AdminAnswer> {
    const { advance } = parseJson(body) as { readonly advance?: unknown };
    const byMs = typeof advance === "string" ? parseIsoDuration(advance) : undefined;
    if (byMs === undefined) {
      const text = 'The body must be { "advance": "PT5H" }, an ISO 8601 duration.';
      return failure(400, "InvalidDuration", text);
    }
    await this.#options.advanceClock(byMs);
    return { status: 200, body: this.#clock() };
  }
}

function objectIn(body: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  const value = body.length === 0 ? {} : parseJson(body);
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject ? (value as Readonly<Record<string, unknown>>) : undefined;
}

function failure(status: number, code: string, message: string): AdminAnswer {
  return { status, body: { code, message } };
}

function refusal(error: unknown): AdminAnswer {
  if (error instanceof AuthError) {
    const { status, code, message } = serviceError("restJson", error);
    return failure(status, code, message);
  }
  if (error instanceof FirnError) return failure(400, error.code, error.message);
  if (error instanceof BodyTooLargeError) return failure(413, "BodyTooLarge", error.message);
  if (error instanceof MalformedError) return failure(400, "MalformedBody", error.message);
  return failure(500, "InternalError", "An internal error occurred.");
}
