import type { IncomingMessage, ServerResponse } from "node:http";
import { AuthError, requirePayload } from "@firn/auth";
import type { FormFields } from "@firn/auth";
import { formOf, parseQuery } from "@firn/wire";
import type { BodyStream, WireResponse } from "@firn/wire";
import type { Admission } from "./authenticator.ts";
import {
  BODY_BYTES_MAX,
  BODY_TIMEOUT_MS,
  DISCARD_BYTES_MAX,
  SMALL_BODY_BYTES,
} from "./constants.ts";
import type { Caller, RawRequest, RequestContext, RequestLog } from "./context.ts";
import { toServiceError, writeError } from "./error-response.ts";
import type { GatewayParts } from "./gateway-parts.ts";
import { rawRequest } from "./raw-request.ts";
import {
  announcedLength,
  clientGone,
  collect,
  decodeContent,
  hasBody,
  openBodyStream,
  readRawBody,
} from "./request-body.ts";
import type { BodySource } from "./request-body.ts";
import { sendResponse } from "./response-writer.ts";
import type { AnyService, Site } from "./service.ts";
import type { Route, ServiceRoutes } from "./service-routes.ts";
import { isFault, roundedMs, tlsFacts } from "./told-facts.ts";
import { reasonAgainstUser } from "./user-access.ts";

const EMPTY = new Uint8Array(0);
/** Not sent to anybody: what access logs of proxies write when the client was gone. */
const CLIENT_GONE_STATUS = 499;

/**
 * One request and its answer: route -> authenticate -> read the body -> decode -> check constraints
 * -> handler -> encode -> send. It is the handler's context too: one object per request, since this
 * is everybody's hot path.
 */
export class Exchange implements RequestContext {
  readonly requestId: string;
  readonly raw: RawRequest;
  readonly #parts: GatewayParts;
  readonly #service: AnyService;
  readonly #routes: ServiceRoutes;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #startedMs: number;
  readonly #body: BodySource;
  #awaitsContinue: boolean;
  #admission: Admission | undefined;
  #abort: AbortController | undefined;
  #operation = "";
  #error: string | undefined;
  #denial: string | undefined;
  #context: unknown;
  #bufferedBytes = 0;
  #sentBytes = 0;
  #answerHeaders: Readonly<Record<string, string>> = {};
  #answeredMs = 0;

  constructor(
    parts: GatewayParts,
    routes: ServiceRoutes,
    http: { readonly request: IncomingMessage; readonly response: ServerResponse },
  ) {
    this.#parts = parts;
    this.#routes = routes;
    this.#service = routes.service;
    this.#request = http.request;
    this.#response = http.response;
    this.#startedMs = parts.realClock.monotonicMs();
    this.#awaitsContinue = http.request.headers.expect !== undefined;
    this.#body = { request: http.request, onRead: () => this.#continue() };
    this.requestId = parts.requestIds.next();
    this.raw = rawRequest(http.request, routes.service.protocol === "rest-xml");
  }

  get caller(): Caller {
    return this.#admitted().caller;
  }

  get region(): string {
    return this.#admitted().region;
  }

  get nowMs(): number {
    return this.#parts.realClock.now();
  }

  get log(): RequestLog {
    return this.#parts.log.of(this.requestId);
  }

  get signal(): AbortSignal {
    this.#abort ??= this.#watch(new AbortController());
    return this.#abort.signal;
  }

  noteDenial(reason: string): void {
    this.#denial ??= reason;
  }

  admitForm(fields: FormFields): void {
    const signer = this.#parts.authenticator.admitForm(fields);
    if (signer !== undefined) this.#admission = { ...this.#admitted(), ...signer };
  }

  /** Serves the request. Never rejects: whatever goes wrong is answered, or logged, or both. */
  async run(): Promise<void> {
    let status = 0;
    try {
      const answer = await this.#answer();
      status = answer.status;
      const sent = this.#send(answer);
      this.#sentBytes = typeof sent === "number" ? sent : await sent;
    } catch (error) {
      status = await this.#fail(error);
    }
    this.#parts.bodies.give(this.#bufferedBytes);
    this.#discardRest();
    this.#logAccess(status);
  }

  async #answer(): Promise<WireResponse> {
    const { site } = this.#service;
    if (site?.claims(this.raw) === true) return await this.#visit(site);
    if (this.raw.method === "OPTIONS" && this.#service.preflight !== undefined) {
      return await this.#service.preflight(this.raw);
    }
    const known = this.#routes.routesByBody ? undefined : this.#routes.find(this.raw);
    this.#operation = known?.endpoint.operation.name ?? "";
    if (known?.endpoint.streams === true) {
      this.#admission = this.#admit(undefined);
      await this.#authorize(known);
      return this.#invoke(known, EMPTY, openBodyStream(this.#body, this.#admission.payload));
    }
    const body = await this.#readBody(known);
    const route = this.#routes.routesByBody ? this.#routeOfForm(body) : known;
    if (route === undefined) {
      const asked = this.#routes.routesByBody ? this.#operation : this.#routes.asked(this.raw);
      throw this.#service.refusals.unknownOperation(asked);
    }
    return this.#invoke(route, body, undefined);
  }

  async #visit(site: Site<unknown>): Promise<WireResponse> {
    this.#operation = `Website${this.raw.method}`;
    this.#admission = this.#parts.authenticator.admitUnsigned(this.#request as SignedMessage);
    return await site.serve(this.#contextOf(this.#service));
  }

  #routeOfForm(body: Uint8Array): Route | undefined {
    const form = formOf({ body, query: parseQuery(this.raw.queryString) });
    const action = form.get("Action");
    this.#operation = action ?? "";
    return this.#routes.byName(action, form);
  }

  async #invoke(
    { endpoint, labels, query }: Route,
    body: Uint8Array,
    stream: BodyStream | undefined,
  ): Promise<WireResponse> {
    const { service, operation } = endpoint;
    if (service.authorize === undefined) this.#requireUser(service, operation.name);
    const { headers } = this.#request;
    const input = endpoint.readInput({ labels, query, headers, body, stream });
    const problems = endpoint.checkInput(input);
    if (problems.length > 0) throw service.refusals.invalid(problems);
    const output = await operation.handler(input as never, this.#contextOf(service) as never);
    return endpoint.writeOutput(output, this.requestId);
  }

  #admit(body: Uint8Array | undefined): Admission {
    const { authenticator } = this.#parts;
    const { name: service, takesStrangers } = this.#service;
    const options = { service, body, takesStrangers };
    return authenticator.admit(this.#request as SignedMessage, options);
  }

  #requireUser({ name, refusals }: AnyService, operation: string): void {
    const reason = reasonAgainstUser(this, `${name}:${operation}`);
    if (reason === undefined) return;
    this.noteDenial(reason);
    throw refusals.accessDenied();
  }

  async #authorize(route: Route | undefined): Promise<void> {
    if (route === undefined || this.#service.authorize === undefined) return;
    const { endpoint, labels, query } = route;
    const asked = { operation: endpoint.operation.name, labels, query };
    await this.#service.authorize(asked, this.#contextOf(endpoint.service));
  }

  #contextOf(service: AnyService): unknown {
    this.#context ??= service.context(this);
    return this.#context;
  }

  #admitted(): Admission {
    if (this.#admission === undefined) throw new Error("asked for the caller before it was known");
    return this.#admission;
  }

  /**
   * The body in one piece, its sender authenticated. A signature that declares the body's hash is
   * checked before a byte is read, so that strangers cannot make the server buffer.
   */
  #readBody(route: Route | undefined): Promise<Uint8Array> {
    const limit = this.#service.bodyBytesMax ?? BODY_BYTES_MAX;
    const { request } = this.#body;
    if (!hasBody(request)) return this.#receiveBody(limit, route);
    const bytes = Math.min(announcedLength(request) ?? limit, limit);
    if (bytes > SMALL_BODY_BYTES) this.#takeRoom(bytes);
    return this.#receiveInTime(limit, route);
  }

  #takeRoom(bytes: number): void {
    this.#refuseStranger();
    if (!this.#parts.bodies.take(bytes)) throw this.#service.refusals.overloaded();
    this.#bufferedBytes = bytes;
  }

  async #receiveInTime(limit: number, route: Route | undefined): Promise<Uint8Array> {
    const { request } = this.#body;
    const cancel = this.#parts.realClock.schedule(BODY_TIMEOUT_MS, () => request.destroy());
    try {
      return await this.#receiveBody(limit, route);
    } finally {
      cancel();
    }
  }

  /**
   * A signature over a body that is not known yet cannot be verified, but all else can: who has no
   * key takes no room from those who have one.
   */
  #refuseStranger(): void {
    if (this.#request.headers["x-amz-content-sha256"] !== undefined) return;
    try {
      this.#admit(EMPTY);
    } catch (error) {
      const known = error instanceof AuthError && error.code === "FIRN_AUTH_SIGNATURE_MISMATCH";
      if (!known) throw error;
    }
  }

  async #receiveBody(limit: number, route: Route | undefined): Promise<Uint8Array> {
    const { headers } = this.#request;
    const isS3 = this.#service.protocol === "rest-xml";
    if (!isS3 && headers["x-amz-content-sha256"] === undefined) {
      const body = await readRawBody(this.#body, limit);
      this.#admission = this.#admit(body);
      return this.#decodeContent(body, limit);
    }
    const { payload } = (this.#admission = this.#admit(undefined));
    await this.#authorize(route);
    if (payload.kind === "chunked") return collect(openBodyStream(this.#body, payload), limit);
    const body = await readRawBody(this.#body, limit);
    requirePayload(payload, body);
    return isS3 ? body : this.#decodeContent(body, limit);
  }

  #decodeContent(body: Uint8Array, limit: number): Uint8Array {
    const encoding = this.#request.headers["content-encoding"];
    return encoding === undefined ? body : decodeContent(body, encoding, limit);
  }

  /** Answers Expect: 100-continue once somebody wants the body, so after authentication. */
  #continue(): void {
    if (!this.#awaitsContinue) return;
    this.#awaitsContinue = false;
    this.#response.writeContinue();
  }

  #send(answer: WireResponse): number | Promise<number> {
    // A client that still waits for 100 will not send the body of this request: start afresh.
    if (this.#awaitsContinue && hasBody(this.#request)) answer.headers["connection"] = "close";
    const { crossOrigin } = this.#service;
    if (crossOrigin === undefined || this.#request.headers.origin === undefined) {
      return this.#sendNow(answer);
    }
    return this.#sendCrossOrigin(answer, crossOrigin(this.raw));
  }

  async #sendCrossOrigin(
    answer: WireResponse,
    headers: Promise<Readonly<Record<string, string>>>,
  ): Promise<number> {
    Object.assign(answer.headers, await headers);
    return this.#sendNow(answer);
  }

  #sendNow(answer: WireResponse): number | Promise<number> {
    if (this.#service.served !== undefined) {
      this.#answerHeaders = answer.headers;
      this.#answeredMs = this.#parts.realClock.monotonicMs();
    }
    return sendResponse(this.#response, answer, {
      method: this.#request.method ?? "",
      protocol: this.#service.protocol,
      requestId: this.requestId,
      extra: this.#service.responseHeaders?.(this),
    });
  }

  /** Answers an error if there is still somebody to answer. Returns the status for the log. */
  async #fail(error: unknown): Promise<number> {
    if (this.#isGone()) return CLIENT_GONE_STATUS;
    const known = toServiceError(this.#service, error);
    this.#error = known.code;
    if (isFault(known) && known !== error) this.#logFault(error);
    if (this.#response.headersSent) {
      // The head said success: only a broken connection tells the client that it was none.
      this.#response.destroy();
      return known.status;
    }
    const target = { requestId: this.requestId, path: this.raw.path };
    try {
      this.#sentBytes = await this.#send(writeError(this.#service, known, target));
    } catch (cause) {
      this.#logFault(cause);
      this.#response.destroy();
    }
    return known.status;
  }

  #isGone(): boolean {
    const { destroyed, complete } = this.#request;
    return this.#response.destroyed || (destroyed && !complete);
  }

  #watch(abort: AbortController): AbortController {
    const stop = (): void => {
      if (!this.#response.writableFinished) abort.abort(clientGone(undefined));
    };
    if (this.#response.destroyed) stop();
    else this.#response.once("close", stop);
    return abort;
  }

  /** What is left of a body that nobody wanted is read and dropped, so that the answer arrives. */
  #discardRest(): void {
    if (this.#request.complete || this.#request.destroyed || !hasBody(this.#request)) return;
    let left = DISCARD_BYTES_MAX;
    this.#request.on("data", (chunk: Buffer) => {
      left -= chunk.length;
      if (left < 0) this.#request.destroy();
    });
  }

  #logFault(error: unknown): void {
    this.log.error({ operation: this.#operation, err: error }, "a request failed");
  }

  #tellServed(status: number, totalMs: number): void {
    const { socket } = this.#request;
    this.#service.served?.({
      requestId: this.requestId,
      operation: this.#operation,
      raw: this.raw,
      caller: this.#admission?.caller,
      status,
      error: this.#error,
      responseHeaders: this.#answerHeaders,
      bytes: this.#sentBytes,
      totalMs,
      turnAroundMs: this.#answeredMs === 0 ? totalMs : this.#answeredMs - this.#startedMs,
      tls: () => tlsFacts(socket),
    });
  }

  #logAccess(status: number): void {
    const totalMs = this.#parts.realClock.monotonicMs() - this.#startedMs;
    if (this.#service.served !== undefined) this.#tellServed(status, totalMs);
    this.#parts.log.access({
      requestId: this.requestId,
      service: this.#service.name,
      operation: this.#operation,
      status,
      error: this.#error,
      denial: this.#denial,
      method: this.raw.method,
      path: this.raw.path,
      bytes: this.#sentBytes,
      ms: roundedMs(totalMs),
      accessKeyId: this.#admission?.caller.accessKeyId,
      remoteAddress: this.raw.remoteAddress,
    });
  }
}

/** Requests of a server always have both. */
type SignedMessage = IncomingMessage & { readonly method: string; readonly url: string };
