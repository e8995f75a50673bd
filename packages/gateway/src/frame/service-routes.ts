import {
  compileConstraints,
  compileInput,
  compileOutput,
  parseQuery,
  streamsInput,
} from "@firn/wire";
import type { InputCheck, InputReader, Operation, OutputWriter, QueryParameters } from "@firn/wire";
import { PathRouter } from "./path-router.ts";
import type { AnyService } from "./service.ts";

/** An operation with everything around its handler made ready. */
export interface Endpoint {
  readonly service: AnyService;
  readonly operation: Operation;
  readonly readInput: InputReader;
  readonly checkInput: InputCheck;
  readonly writeOutput: OutputWriter;
  /** Its body is a stream and must not be buffered. */
  readonly streams: boolean;
}

export interface Route {
  readonly endpoint: Endpoint;
  readonly labels: ReadonlyMap<string, string>;
  readonly query: QueryParameters;
}

/** What routing looks at; the body is read only to find the Action of a query service. */
export interface RouteRequest {
  readonly method: string;
  readonly path: string;
  readonly queryString: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

const NO_LABELS: ReadonlyMap<string, string> = new Map();
const NO_QUERY: QueryParameters = new Map();

/** Finds the operation of a request within one service. */
export class ServiceRoutes {
  readonly service: AnyService;
  readonly endpoints: ReadonlyMap<string, Endpoint>;
  readonly #paths = new PathRouter<Endpoint>();
  readonly #subresources: ReadonlySet<string>;

  constructor(service: AnyService) {
    this.service = service;
    this.#subresources = new Set(service.subresources);
    const endpoints = new Map<string, Endpoint>();
    for (const operation of service.operations) {
      if (endpoints.has(operation.name)) {
        throw new Error(`${service.name} declares ${operation.name} twice`);
      }
      const endpoint = compileEndpoint(service, operation);
      endpoints.set(operation.name, endpoint);
      if (operation.http !== undefined) this.#paths.add(operation.http, endpoint);
    }
    this.endpoints = endpoints;
  }

  /** Whether the operation stands in the form of the body, which must be read before `find`. */
  get routesByBody(): boolean {
    return this.service.protocol === "ec2-query";
  }

  /** json: by target; REST: by method, path, query and headers. */
  find(request: RouteRequest): Route | undefined {
    switch (this.service.protocol) {
      case "json-1.0":
      case "json-1.1":
        return this.byName(this.#targetOperation(request), NO_QUERY);
      case "ec2-query":
        return this.byName(parseQuery(request.queryString).get("Action"), NO_QUERY);
      case "rest-json":
      case "rest-xml":
        return this.#byPath(request);
    }
  }

  byName(name: string | undefined, query: QueryParameters): Route | undefined {
    const endpoint = name === undefined ? undefined : this.endpoints.get(name);
    return endpoint && { endpoint, labels: NO_LABELS, query };
  }

  /** What the client named, for the error about an unknown operation. */
  asked({ method, path, queryString, headers }: RouteRequest): string {
    const target = headers["x-amz-target"];
    if (typeof target === "string") return target;
    const named = [...parseQuery(queryString).keys()].find((name) => this.#subresources.has(name));
    return `${method} ${path}${named === undefined ? "" : `?${named}`}`;
  }

  /** Another version of the API has another prefix, and other operations. */
  #targetOperation({ headers }: RouteRequest): string | undefined {
    const target = headers["x-amz-target"];
    const prefix = `${this.service.targetPrefix ?? ""}.`;
    if (typeof target !== "string" || !target.startsWith(prefix)) return undefined;
    return target.slice(prefix.length);
  }

  #byPath({ method, path, queryString, headers }: RouteRequest): Route | undefined {
    const query = queryString === "" ? NO_QUERY : parseQuery(queryString);
    const match = this.#paths.find({ method, path, query, headers });
    if (match === undefined) return undefined;
    const { target: endpoint, labels } = match;
    return this.#claims(endpoint.operation, query) ? { endpoint, labels, query } : undefined;
  }

  #claims(operation: Operation, query: QueryParameters): boolean {
    for (const name of query.keys()) {
      if (this.#subresources.has(name) && !claimsParameter(operation, name)) return false;
    }
    return true;
  }
}

function claimsParameter(operation: Operation, parameter: string): boolean {
  const conditions = operation.http?.query ?? [];
  if (conditions.some((one) => one === parameter || one.startsWith(`${parameter}=`))) return true;
  return Object.entries(operation.input).some(([name, { traits }]) => {
    return traits.in === "query" && (traits.name ?? name) === parameter;
  });
}

function compileEndpoint(service: AnyService, operation: Operation): Endpoint {
  const { protocol, xmlNamespace } = service;
  return {
    service,
    operation,
    readInput: compileInput(operation, protocol),
    checkInput: compileConstraints(operation.input),
    writeOutput: compileOutput(operation, { protocol, xmlNamespace }),
    streams: streamsInput(operation),
  };
}
