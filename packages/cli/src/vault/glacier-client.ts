import { createHash } from "node:crypto";
import aws4 from "aws4";
import type { AdminTarget } from "../admin-client.ts";
import { CommandError } from "../command-error.ts";

/** The version of the API that every request names. */
const API_VERSION = "2012-06-01";
const REGION = "us-east-1";

export interface GlacierRequest {
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
  /** Below the account: `vaults/photos/jobs`. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: Uint8Array | string | undefined;
}

/** Speaks the vault API to a running server, or to any other service that has it. */
export class GlacierClient {
  readonly #target: AdminTarget;
  readonly #region: string;

  constructor(target: AdminTarget, region: string = REGION) {
    this.#target = target;
    this.#region = region;
  }

  /** @throws CommandError 1 with the service's own error, 3 when nobody answers. */
  async send({ method, path, headers = {}, body }: GlacierRequest): Promise<Response> {
    const { endpoint, accessKeyId, secretAccessKey } = this.#target;
    const url = new URL(`/-/${path}`, endpoint);
    const bytes = body === undefined ? Buffer.alloc(0) : Buffer.from(body);
    const named = {
      "x-amz-glacier-version": API_VERSION,
      "x-amz-content-sha256": createHash("sha256").update(bytes).digest("hex"),
      ...headers,
    };
    const signed = aws4.sign(
      {
        host: url.host,
        path: url.pathname + url.search,
        method,
        service: "glacier",
        region: this.#region,
        headers: named,
        ...(bytes.length === 0 ? {} : { body: bytes }),
      },
      { accessKeyId, secretAccessKey },
    );
    const sent = new Headers();
    for (const [name, value] of Object.entries(signed.headers ?? {})) {
      // Both follow from the URL and the body, and fetch refuses to be told.
      if (!/^(host|content-length)$/i.test(name)) sent.set(name, String(value));
    }
    const options = { method, headers: sent, body: bytes.length === 0 ? null : bytes };
    const response = await fetch(url, options).catch(() => {
      throw new CommandError(3, `No server answers on ${endpoint}.`);
    });
    if (response.ok) return response;
    throw new CommandError(1, await refusal(response));
  }

  /** As `send`, with the answer's JSON. */
  async read<T>(request: GlacierRequest): Promise<T> {
    return (await (await this.send(request)).json()) as T;
  }
}

async function refusal(response: Response): Promise<string> {
  const text = await response.text();
  try {
    const { code, message } = JSON.parse(text) as { code?: string; message?: string };
    return `The service refused: ${message ?? text} (${code ?? response.status})`;
  } catch {
    return `The service refused: ${text.slice(0, 200)} (${response.status})`;
  }
}

/** A path with its parts encoded: `vaults/my vault` has a space that no path may have. */
export function pathOf(...parts: readonly string[]): string {
  return parts.map((part) => encodeURIComponent(part)).join("/");
}
