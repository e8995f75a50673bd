import { FirnError } from "@firn/core";
import type { CorsRule, ObjectStore } from "@firn/objects";
import { ServiceError } from "@firn/wire";
import type { WireResponse } from "@firn/wire";
import type { RawRequest } from "../../frame/context.ts";
import { crossOriginHeaders, fittingRule } from "./cors-rules.ts";
import type { CrossOriginRequest } from "./cors-rules.ts";

/** What browsers are told of buckets: preflights, and headers of answers. */
export class BucketCors {
  readonly #objects: ObjectStore;

  constructor(objects: ObjectStore) {
    this.#objects = objects;
  }

  /** @throws ServiceError BadRequest, AccessForbidden. */
  async preflight(raw: RawRequest): Promise<WireResponse> {
    const { origin } = raw.headers;
    if (origin === undefined || origin === "") {
      throw badRequest("Insufficient information. Origin request header needed.");
    }
    const method = raw.headers["access-control-request-method"];
    if (method === undefined || !METHODS.includes(method)) {
      throw badRequest(`Invalid Access-Control-Request-Method: ${method ?? "null"}`);
    }
    const asked = { origin, method, headers: requestHeaders(raw) };
    const rules = await this.#rules(raw);
    if (rules === undefined) throw forbidden(asked, "CORS is not enabled for this bucket.");
    const rule = fittingRule(rules, asked);
    if (rule === undefined) {
      throw forbidden(
        asked,
        "This CORS request is not allowed. This is usually because the evalution of Origin, " +
          "request method / Access-Control-Request-Method or Access-Control-Request-Headers " +
          "are not whitelisted by the resource's CORS spec.",
      );
    }
    return { status: 200, headers: crossOriginHeaders(rule, asked), body: undefined };
  }

  /** None where no rule fits. Never rejects: the answer goes out without them. */
  async headers(raw: RawRequest): Promise<Readonly<Record<string, string>>> {
    const { origin } = raw.headers;
    if (origin === undefined || raw.method === "OPTIONS") return {};
    const method = raw.headers["access-control-request-method"] ?? raw.method;
    const asked = { origin, method };
    try {
      const rule = fittingRule((await this.#rules(raw)) ?? [], asked);
      return rule === undefined ? {} : crossOriginHeaders(rule, asked);
    } catch {
      return {};
    }
  }

  /** `undefined`: the bucket has none, or there is no such bucket. */
  async #rules({ path }: RawRequest): Promise<readonly CorsRule[] | undefined> {
    const bucket = path.split("/")[1] ?? "";
    if (bucket === "") return undefined;
    try {
      const { corsStamp } = await this.#objects.getBucketAccess({ bucket });
      return corsStamp === undefined ? undefined : await this.#objects.getBucketCors({ bucket });
    } catch (error) {
      if (error instanceof FirnError && error.kind === "notFound") return undefined;
      throw error;
    }
  }
}

const METHODS: readonly string[] = ["GET", "PUT", "POST", "DELETE", "HEAD"];

function requestHeaders({ headers }: RawRequest): string[] {
  const asked = headers["access-control-request-headers"] ?? "";
  return asked
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}

function badRequest(text: string): ServiceError {
  return new ServiceError("BadRequest", 400, text);
}

function forbidden({ method }: CrossOriginRequest, text: string): ServiceError {
  const members = { Method: method, ResourceType: "BUCKET" };
  return new ServiceError("AccessForbidden", 403, `CORSResponse: ${text}`, { members });
}
