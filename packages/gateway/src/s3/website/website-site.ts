import type { GetObjectResult, HeadObjectResult, WebsiteConfiguration } from "@firn/objects";
import { FirnError } from "@firn/core";
import { wholeBytes } from "@firn/objects";
import { ServiceError, compileOutput } from "@firn/wire";
import type { OutputWriter, WireResponse } from "@firn/wire";
import type { RawRequest } from "../../frame/context.ts";
import { READ_SOURCE } from "../authorization/access-rules.ts";
import type { S3Context } from "../context.ts";
import { S3_NAMESPACE } from "../namespace.ts";
import { objectHeaders } from "../object-headers.ts";
import { getObject } from "../operations/get-object.ts";
import { readConditions } from "../read-request.ts";
import { siteRequest } from "./website-host.ts";
import { errorPage, redirectPage } from "./website-page.ts";
import { encodedPlace, redirectAll, redirectByRule, redirectToFolder } from "./website-rules.ts";
import type { AskedPage, Redirection } from "./website-rules.ts";

export interface WebsiteOptions {
  /** `BUCKET.` before it is a website too; beside `BUCKET.s3-website.…`. */
  readonly domain: string | undefined;
  /** What a thrown value becomes for a client of S3. */
  readonly toError: (error: unknown) => ServiceError;
}

interface Visit {
  readonly bucket: string;
  readonly asked: AskedPage;
  readonly context: S3Context;
  readonly website: WebsiteConfiguration;
}

/**
 * Buckets as websites, for browsers: pages in the place of XML, and nobody signs. Who may read
 * what is decided as for any anonymous request, so that a website is public by its bucket's policy.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/WebsiteHosting.html
 */
export class WebsiteSite {
  readonly #options: WebsiteOptions;
  readonly #write: OutputWriter;

  constructor(options: WebsiteOptions) {
    this.#options = options;
    const names = { protocol: "rest-xml", xmlNamespace: S3_NAMESPACE } as const;
    this.#write = compileOutput(getObject, names);
  }

  /** Whether the host is one of a website. */
  claims(raw: RawRequest): boolean {
    return siteRequest(raw, this.#options.domain) !== undefined;
  }

  /** Never rejects for what a visitor can do wrong: that is a page too. */
  async serve(context: S3Context): Promise<WireResponse> {
    const { raw, requestId } = context;
    try {
      const site = siteRequest(raw, this.#options.domain);
      if (site === undefined) throw new Error("asked for a host that is no website's");
      if (raw.method !== "GET" && raw.method !== "HEAD") throw notAllowed(raw.method);
      const { bucket } = site;
      const website = await context.objects.getBucketWebsite({ bucket });
      const asked: AskedPage = {
        key: keyOf(site.path),
        host: raw.host,
        protocol: raw.isEncrypted ? "https" : "http",
      };
      return await this.#visit({ bucket, asked, context, website });
    } catch (error) {
      return errorPage({ error: this.#options.toError(error), requestId });
    }
  }

  async #visit(visit: Visit): Promise<WireResponse> {
    const { asked, website, context } = visit;
    const away = redirectAll(website, asked) ?? redirectByRule(website, asked);
    if (away !== undefined) return answerTo(away);
    const suffix = website.indexSuffix ?? "";
    const isFolder = asked.key === "" || asked.key.endsWith("/");
    try {
      const found = await this.#read(visit, isFolder ? asked.key + suffix : asked.key);
      const { websiteRedirectLocation: location } = found;
      if (location !== undefined) return redirectPage(301, encodedPlace(location));
      return this.#page(found, context);
    } catch (cause) {
      const error = this.#options.toError(cause);
      // What the visitor has already, and what is our fault, is nobody's page.
      if (error.status < 400 || error.status >= 500) throw error;
      if (!isFolder && (await this.#hasPage(visit, `${asked.key}/${suffix}`))) {
        return answerTo(redirectToFolder(asked));
      }
      const elsewhere = redirectByRule(website, asked, error.status);
      return elsewhere === undefined ? await this.#errorPage(visit, error) : answerTo(elsewhere);
    }
  }

  /** @throws ServiceError AccessDenied, and what reading the object does. */
  async #read(
    { bucket, context }: Visit,
    key: string,
    conditions: { readonly range?: string | undefined } = conditionsOf(context.raw),
  ): Promise<Found> {
    const { access, objects, signal, raw } = context;
    await access.require({ rule: READ_SOURCE, bucket, key });
    const request = { bucket, key, ...conditions, signal };
    return await access.readDecided<Found>(() =>
      raw.method === "HEAD" ? objects.headObject(request) : objects.getObject(request),
    );
  }

  async #hasPage({ bucket, context }: Visit, key: string): Promise<boolean> {
    const { access, objects } = context;
    try {
      if (!(await access.isAllowed({ rule: READ_SOURCE, bucket, key }))) return false;
      await objects.headObject({ bucket, key });
      return true;
    } catch (error) {
      if (error instanceof FirnError) return false;
      throw error;
    }
  }

  /** The bucket's own page for what went wrong, with the status of what went wrong. */
  async #errorPage(visit: Visit, error: ServiceError): Promise<WireResponse> {
    const { requestId } = visit.context;
    const { errorKey } = visit.website;
    if (errorKey === undefined) return errorPage({ error, requestId });
    try {
      const found = await this.#read(visit, errorKey, {});
      return { ...this.#page(found, visit.context), status: error.status };
    } catch (cause) {
      return errorPage({ error, requestId, ofPage: this.#options.toError(cause) });
    }
  }

  #page(found: Found, { requestId }: S3Context): WireResponse {
    const { body } = found;
    const Body = body && (wholeBytes(body) ?? body);
    return this.#write({ ...objectHeaders(found, {}), Body } as never, requestId);
  }
}

type Found = HeadObjectResult & Partial<Pick<GetObjectResult, "body">>;

function answerTo({ status, location }: Redirection): WireResponse {
  return redirectPage(status, location);
}

function keyOf(path: string): string {
  try {
    return decodeURIComponent(path.slice(1));
  } catch {
    throw new ServiceError("InvalidURI", 400, "Couldn't parse the specified URI.");
  }
}

function conditionsOf({ headers }: RawRequest): ReturnType<typeof readConditions> & {
  readonly range: string | undefined;
} {
  const time = (text: string | undefined): number | undefined => {
    const ms = text === undefined ? NaN : Date.parse(text);
    return Number.isNaN(ms) ? undefined : ms;
  };
  return {
    ...readConditions({
      IfMatch: headers["if-match"],
      IfNoneMatch: headers["if-none-match"],
      IfModifiedSince: time(headers["if-modified-since"]),
      IfUnmodifiedSince: time(headers["if-unmodified-since"]),
    }),
    range: headers.range,
  };
}

function notAllowed(method: string): ServiceError {
  return new ServiceError(
    "MethodNotAllowed",
    405,
    "The specified method is not allowed against this resource.",
    { members: { Method: method.slice(0, 32), ResourceType: "OBJECT" } },
  );
}
