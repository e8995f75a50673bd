import { createHash } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import aws4 from "aws4";

export interface S3Place {
  /** `http://127.0.0.1:4566`, the bucket in the path; absent: AWS, the bucket in the name. */
  readonly endpoint?: string | undefined;
  readonly region: string;
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

export interface S3Request {
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
  /** Absent: the bucket itself. */
  readonly key?: string | undefined;
  readonly query?: Readonly<Record<string, string>> | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Whole, so that it can be sent again; its SHA-256 is signed, so that it arrives as it was. */
  readonly body?: Uint8Array | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Sent again when the connection breaks or the service says that it was its own fault. */
const ATTEMPTS = 5;
const FIRST_PAUSE_MS = 250;

/** What S3 refused, in its own words. */
export class S3Error extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(`${code}: ${message}`);
    this.name = "S3Error";
    this.status = status;
    this.code = code;
  }
}

/**
 * The few calls of S3 that backups take, over any service that speaks it. AWS's own client would
 * be three times the size of this whole program.
 */
export class S3Client {
  readonly #place: S3Place;

  constructor(place: S3Place) {
    this.#place = place;
  }

  /** @throws S3Error; Error when nobody answers after several tries. */
  async send(request: S3Request): Promise<Response> {
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#try(request);
      if (outcome instanceof Response) return outcome;
      const last = attempt === ATTEMPTS || request.signal?.aborted === true;
      if (last || !isPassing(outcome)) throw outcome;
      await setTimeout(FIRST_PAUSE_MS * 2 ** attempt);
    }
  }

  /** The answer, or why there is none. */
  async #try(request: S3Request): Promise<Response | Error> {
    try {
      const response = await this.#once(request);
      if (response.ok) return response;
      const text = await response.text();
      const code = tagsIn(text, "Code")[0] ?? `HTTP ${response.status}`;
      return new S3Error(response.status, code, tagsIn(text, "Message")[0] ?? response.statusText);
    } catch (error) {
      const { message, cause } = error as Error;
      return new Error(cause instanceof Error ? cause.message : message, { cause: error });
    }
  }

  #once(request: S3Request): Promise<Response> {
    const { region, accessKeyId, secretAccessKey, sessionToken } = this.#place;
    const { method, body, signal } = request;
    const url = this.#url(request);
    const signed = aws4.sign(
      {
        host: url.host,
        path: `${url.pathname}${url.search}`,
        method,
        service: "s3",
        region,
        headers: {
          ...request.headers,
          "x-amz-content-sha256": createHash("sha256")
            .update(body ?? "")
            .digest("hex"),
        },
      },
      { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) },
    );
    const headers = new Headers();
    for (const [name, value] of Object.entries(signed.headers ?? {})) {
      // Both follow from the URL and the body, and fetch refuses to be told.
      if (!/^(host|content-length)$/i.test(name)) headers.set(name, String(value));
    }
    return fetch(url, {
      method,
      headers,
      body: body === undefined ? null : Buffer.from(body),
      signal: signal ?? null,
    });
  }

  #url({ key, query }: S3Request): URL {
    const { endpoint, region, bucket } = this.#place;
    const base =
      endpoint === undefined
        ? `https://${bucket}.s3.${region}.amazonaws.com`
        : `${endpoint.replace(/\/+$/, "")}/${bucket}`;
    const path = (key ?? "").split("/").map(encodeStrictly).join("/");
    const url = new URL(`${base}/${path}`);
    const pairs = Object.entries(query ?? {}).map(
      ([name, value]) => `${encodeStrictly(name)}=${encodeStrictly(value)}`,
    );
    url.search = pairs.join("&");
    return url;
  }
}

/** Texts between the tags of one name, in the order of the document. */
export function tagsIn(xml: string, tag: string): string[] {
  const found = xml.matchAll(new RegExp(`<${tag}(?: [^>]*)?>([^<]*)</${tag}>`, "g"));
  return [...found].map(([, text = ""]) => unescapeXml(text));
}

function unescapeXml(text: string): string {
  const names: Readonly<Record<string, string>> = {
    lt: "<",
    gt: ">",
    quot: '"',
    apos: "'",
    amp: "&",
  };
  return text.replaceAll(/&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi, (whole, decimal, hex, name) => {
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(String(hex), 16));
    return names[String(name)] ?? String(whole);
  });
}

/** As signatures want it: `encodeURIComponent` leaves five characters more as they are. */
function encodeStrictly(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function isPassing(error: Error): boolean {
  return !(error instanceof S3Error) || error.status >= 500 || error.status === 429;
}
