import { AuthError, requirePayload } from "@firn/auth";
import type { FormFields, PayloadBinding } from "@firn/auth";
import { whenThere } from "@firn/core";
import type { Soon } from "@firn/core";
import { formOf, parseQuery } from "@firn/wire";
import type { BodyStream, WireResponse } from "@firn/wire";
import type { HttpRequest } from "../http/http-request.ts";
import type { HttpResponse } from "../http/http-response.ts";
import type { Admission } from "./authenticator.ts";
import { BODY_BYTES_MAX, BODY_TIMEOUT_MS, SMALL_BODY_BYTES } from "./constants.ts";
import type { Caller, RawRequest, RequestContext, RequestLog } from "./context.ts";
import { toServiceError, writeError } from "./error-response.ts";
import type { GatewayParts } from "./gateway-parts.ts";
import { rawRequest } from "./raw-request.ts";
import {
  clientGone,
  collect,
  decodeContent,
  openBodyStream,
  rawBodyAtHand,
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
  readonly #request: HttpRequest;
  readonly #response: HttpResponse;
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
    http: { readonly request: HttpRequest; readonly response: HttpResponse },
  ) {
    this.#parts = parts;
    this.#routes = routes;
    this.#service = routes.service;
    this.#request = http.request;
    this.#response = http.response;
    this.#startedMs = parts.realClock.monotonicMs();
    this.#awaitsContinue = http.request.headers["expect"] !== undefined;
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
      const answering = this.#answer();
      const answer = answering instanceof Promise ? await answering : answering;
      status = answer.status;
      const sent = this.#send(answer);
      this.#sentBytes = typeof sent === "number" ? sent : await sent;
    } catch (error) {
      status = await this.#fail(error);
    }
    this.#parts.bodies.give(this.#bufferedBytes);
    this.#logAccess(status);
  }

  /** At once where nothing has to be waited for: small requests feel every promise. */
  #answer(): Soon<WireResponse> {
    const { site } = this.#service;
    if (site?.claims(this.raw) === true) return this.#visit(site);
    if (this.raw.method === "OPTIONS" && this.#service.preflight !== undefined) {
      return this.#service.preflight(this.raw);
    }
    const known = this.#routes.routesByBody ? undefined : this.#routes.find(this.raw);
    this.#operation = known?.endpoint.operation.name ?? "";
    if (known?.endpoint.streams === true) return this.#stream(known);
    return whenThere(this.#readBody(known), (body) => this.#answerTo(known, body));
  }

  #stream(route: Route): Soon<WireResponse> {
    const { payload } = (this.#admission = this.#admit(undefined));
    return whenThere(this.#authorize(route), () =>
      this.#invoke(route, EMPTY, openBodyStream(this.#body, payload)),
    );
  }

  #answerTo(known: Route | undefined, body: Uint8Array): Soon<WireResponse> {
    const route = this.#routes.routesByBody ? this.#routeOfForm(body) : known;
    if (route === undefined) {
      const asked = this.#routes.routesByBody ? this.#operation : this.#routes.asked(this.raw);
      throw this.#service.refusals.unknownOperation(asked);
    }
    return this.#invoke(route, body, undefined);
  }

  async #visit(site: Site<unknown>): Promise<WireResponse> {
    this.#operation = `Website${this.raw.method}`;
    this.#admission = this.#parts.authenticator.admitUnsigned(this.#request);
    return await site.serve(this.#contextOf(this.#service));
  }

  #routeOfForm(body: Uint8Array): Route | undefined {
    const form = formOf({ body, query: parseQuery(this.raw.queryString) });
    const action = form.get("Action");
    this.#operation = action ?? "";
    return this.#routes.byName(action, form);
  }

  #invoke(
    { endpoint, labels, query }: Route,
    body: Uint8Array,
    stream: BodyStream | undefined,
  ): Soon<WireResponse> {
    const { service, operation } = endpoint;
    if (service.authorize === undefined) this.#requireUser(service, operation.name);
    const { headers } = this.#request;
    const input = endpoint.readInput({ labels, query, headers, body, stream });
    const problems = endpoint.checkInput(input);
    if (problems.length > 0) throw service.refusals.invalid(problems);
    const output = operation.handler(input as never, this.#contextOf(service) as never);
    return whenThere(output, (value) => endpoint.writeOutput(value, this.requestId));
  }

  #admit(body: Uint8Array | undefined): Admission {
    const { name: service, takesStrangers } = this.#service;
    return this.#parts.authenticator.admit(this.#request, { service, body, takesStrangers });
  }

  #requireUser({ name, refusals }: AnyService, operation: string): void {
    const reason = reasonAgainstUser(this, `${name}:${operation}`);
    if (reason === undefined) return;
    this.noteDenial(reason);
    throw refusals.accessDenied();
  }

  #authorize(route: Route | undefined): Soon<void> {
    if (route === undefined || this.#service.authorize === undefined) return undefined;
    const { endpoint, labels, query } = route;
    const asked = { operation: endpoint.operation.name, labels, query };
    return this.#service.authorize(asked, this.#contextOf(endpoint.service));
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
   * The body in one piece, its sender authenticated: at once, when all of it came with the head. A
   * signature that declares the body's hash is checked before a byte is read, so that strangers
   * cannot make the server buffer.
   */
  #readBody(route: Route | undefined): Soon<Uint8Array> {
    const limit = this.#service.bodyBytesMax ?? BODY_BYTES_MAX;
    const { request } = this.#body;
    if (this.#hashesBody || this.#service.authorizesLater === true) {
      const whole = rawBodyAtHand(this.#body, limit);
      if (whole !== undefined) return this.#admitBody(whole, limit);
    }
    if (!request.hasBody) return this.#receiveBody(limit, route);
    const bytes = Math.min(request.announcedBytes ?? limit, limit);
    if (bytes > SMALL_BODY_BYTES) this.#takeRoom(bytes);
    return this.#receiveInTime(limit, route);
  }

  /** The signature covers a hash of the body that the request does not declare: S3's all do. */
  get #hashesBody(): boolean {
    if (this.#service.protocol === "rest-xml") return false;
    return this.#request.headers["x-amz-content-sha256"] === undefined;
  }

  #admitBody(body: Uint8Array, limit: number): Uint8Array {
    this.#admission = this.#admit(body);
    return this.#decodeContent(body, limit);
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

  #receiveBody(limit: number, route: Route | undefined): Soon<Uint8Array> {
    if (this.#hashesBody) {
      return whenThere(readRawBody(this.#body, limit), (body) => this.#admitBody(body, limit));
    }
    const { payload } = (this.#admission = this.#admit(undefined));
    return whenThere(this.#authorize(route), () => this.#receiveBound(payload, limit));
  }

  #receiveBound(payload: PayloadBinding, limit: number): Soon<Uint8Array> {
    if (payload.kind === "chunked") return collect(openBodyStream(this.#body, payload), limit);
    const raw = rawBodyAtHand(this.#body, limit) ?? readRawBody(this.#body, limit);
    return whenThere(raw, (body) => {
      requirePayload(payload, body);
      return this.#service.protocol === "rest-xml" ? body : this.#decodeContent(body, limit);
    });
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
    if (this.#awaitsContinue && this.#request.hasBody) this.#response.closeAfter();
    const { crossOrigin } = this.#service;
    if (crossOrigin === undefined || this.#request.headers["origin"] === undefined) {
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
      method: this.#request.method,
      protocol: this.#service.protocol,
      requestId: this.requestId,
      extra: this.#service.responseHeaders?.(this),
    });
  }

  /** Answers an error if there is still somebody to answer. Returns the status for the log. */
  async #fail(error: unknown): Promise<number> {
    if (this.#response.isGone || this.#request.isGone) return CLIENT_GONE_STATUS;
    const known = toServiceError(this.#service, error);
    this.#error = known.code;
    if (isFault(known) && known !== error) this.#logFault(error);
    if (this.#response.headSent) {
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

  #watch(abort: AbortController): AbortController {
    this.#response.onClose(() => {
      if (this.#response.isGone) abort.abort(clientGone(undefined));
    });
    return abort;
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
      region: this.#admission?.region,
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
