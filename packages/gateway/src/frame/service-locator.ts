import { credentialScope } from "@firn/auth";
import type { ServiceRoutes } from "./service-routes.ts";

export interface LocatedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** Hex digits of a signature. */
const SIGNATURE_CHARS = 64;

/** Tells which service a request is for, before anything of it is trusted. */
export class ServiceLocator {
  readonly #byTarget = new Map<string, ServiceRoutes>();
  readonly #byName = new Map<string, ServiceRoutes>();
  /**
   * Under load the next request is mostly of the same client: all of its Authorization is the same
   * but the signature, which stands last.
   */
  #last: { readonly prefix: string; readonly routes: ServiceRoutes | undefined } | undefined;

  constructor(services: readonly ServiceRoutes[]) {
    for (const routes of services) {
      const { name, targetPrefix } = routes.service;
      if (targetPrefix !== undefined) this.#byTarget.set(targetPrefix, routes);
      if (!this.#byName.has(name)) this.#byName.set(name, routes);
    }
  }

  /**
   * X-Amz-Target first, then the credential scope, then an API's own headers; what is left is S3.
   * `undefined` when that service is not served here.
   */
  find(request: LocatedRequest): ServiceRoutes | undefined {
    const target = request.headers["x-amz-target"];
    if (typeof target === "string") {
      const byTarget = this.#byTarget.get(target.slice(0, target.indexOf(".")));
      if (byTarget !== undefined) return byTarget;
    }
    const { authorization } = request.headers;
    const prefix =
      typeof authorization === "string" ? authorization.slice(0, -SIGNATURE_CHARS) : "";
    if (prefix !== "" && prefix === this.#last?.prefix) return this.#last.routes;
    const scope = credentialScope(request);
    if (scope !== undefined) {
      const routes = this.#byName.get(scope.service);
      if (prefix.endsWith("Signature=")) this.#last = { prefix, routes };
      return routes;
    }
    if (typeof target === "string") return this.#byName.get("dynamodb");
    if (request.headers["x-amz-glacier-version"] !== undefined) return this.#byName.get("glacier");
    if (isUnsignedForm(request)) return this.#byName.get("ec2");
    return this.#byName.get("s3");
  }
}

function isUnsignedForm({ method, url, headers }: LocatedRequest): boolean {
  const type = headers["content-type"];
  const form = typeof type === "string" && type.startsWith("application/x-www-form-urlencoded");
  return method === "POST" && form && (url === "/" || url.startsWith("/?"));
}

const IPV4 = /^\d{1,3}(\.\d{1,3}){3}$/;
const S3_HOST = /^(.+)\.s3[.-]/;

/**
 * The bucket in a host of virtual-host style: `photos.localhost:4566`, `photos.s3.example.org`.
 * `undefined` in path style.
 */
export function bucketOfHost(host: string): string | undefined {
  const name = host.replace(/:\d+$/, "").toLowerCase();
  if (name === "localhost" || name.startsWith("[") || IPV4.test(name)) return undefined;
  const before = S3_HOST.exec(name)?.[1];
  if (before !== undefined) return before;
  if (!name.endsWith(".localhost")) return undefined;
  const bucket = name.slice(0, -".localhost".length);
  return bucket === "s3" || bucket.startsWith("s3.") || bucket.startsWith("s3-")
    ? undefined
    : bucket;
}
