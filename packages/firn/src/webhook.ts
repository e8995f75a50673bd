import { createHmac } from "node:crypto";
import { once } from "node:events";
import { request as httpRequest } from "node:http";
import type { IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import type { SendNotice } from "@firn/archive";
import { RealClock } from "@firn/core";
import type { EventBatch, TestMessage } from "@firn/objects";
import { recordText } from "@firn/tables";
import type { SendChanges } from "@firn/tables";
import { umbrellaError } from "./firn-error.ts";

export interface WebhookOptions {
  /** Where batches are posted to: `http:` or `https:`. */
  readonly url: string;
  /**
   * The body's HMAC with this key, SHA-256 in hex, goes with it as `x-firn-signature`: so the
   * receiver knows whom it comes from. Default: not signed.
   */
  readonly secret?: string | undefined;
  /** An answer that takes longer is a failure, in milliseconds of real time. Default 30,000. */
  readonly timeoutMs?: number | undefined;
}

const TIMEOUT_MS = 30_000;

/**
 * A destination for `tables.deliver`: each batch is one POST of `{ "Records": [ … ] }`, the form in
 * which Lambda functions get it. A status of 2xx takes the batch; else it comes again.
 * @throws FIRN_OPTIONS_INVALID.
 */
export function webhook(options: WebhookOptions): SendChanges {
  const send = poster(options);
  return async ({ records }, signal) => {
    const texts = records.map((record) => Buffer.from(recordText(record)).toString());
    await send(`{"Records":[${texts.join(",")}]}`, signal);
  };
}

/**
 * A destination for `objects.deliver`: as `webhook`, of S3's event messages, and as `sendTest` of
 * its tests.
 * @throws FIRN_OPTIONS_INVALID.
 */
export function eventWebhook(
  options: WebhookOptions,
): (message: EventBatch | TestMessage, signal: AbortSignal) => Promise<void> {
  const send = poster(options);
  return async (message, signal) => {
    await send(JSON.stringify(message), signal);
  };
}

/**
 * A destination for `archive.deliver`: each notice is one POST of `{ "TopicArn", "Job" }`, the job
 * as DescribeJob tells it.
 * @throws FIRN_OPTIONS_INVALID.
 */
export function jobWebhook(options: WebhookOptions): SendNotice {
  const send = poster(options);
  return async ({ topic, job }, signal) => {
    const { creationDate, completionDate, jobId, vaultArn, ...rest } = job;
    const told = Object.entries(rest).map(([name, value]) => [capitalized(name), value]);
    const Job = {
      JobId: jobId,
      VaultARN: vaultArn,
      ...Object.fromEntries(told),
      CreationDate: new Date(creationDate).toISOString(),
      CompletionDate: completionDate && new Date(completionDate).toISOString(),
    };
    await send(JSON.stringify({ TopicArn: topic, Job }), signal);
  };
}

/** `archiveSha256TreeHash` as the API spells it, `ArchiveSHA256TreeHash`; likewise `SNSTopic`. */
function capitalized(name: string): string {
  const first = name.charAt(0).toUpperCase() + name.slice(1);
  return first.replace("Sha256", "SHA256").replace(/^Sns/, "SNS");
}

function poster(options: WebhookOptions): (body: string, signal: AbortSignal) => Promise<void> {
  const { url, secret, timeoutMs = TIMEOUT_MS } = options;
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw umbrellaError("FIRN_OPTIONS_INVALID", `A webhook needs an http or https URL: ${url}`);
  }
  const clock = new RealClock();
  return async (body, signal) => {
    const timeout = new AbortController();
    const cancel = clock.schedule(timeoutMs, () =>
      timeout.abort(new Error(`no answer within ${timeoutMs} ms`)),
    );
    try {
      const either = AbortSignal.any([signal, timeout.signal]);
      const status = await post(url, body, { headers: signatureOf(body, secret), signal: either });
      if (status < 200 || status > 299) throw new Error(`the webhook answered ${status}`);
    } finally {
      cancel();
    }
  };
}

/** The status of the answer. */
async function post(
  url: string,
  body: string,
  options: { readonly headers: Record<string, string>; readonly signal: AbortSignal },
): Promise<number> {
  const headers = { "content-type": "application/json", ...options.headers };
  const send = url.startsWith("https:") ? httpsRequest : httpRequest;
  const sent = send(url, { method: "POST", headers, signal: options.signal });
  const answered = once(sent, "response");
  sent.end(body);
  const [response] = (await answered) as [IncomingMessage];
  // Nothing of it is of interest, but a body that nobody reads would keep the connection.
  response.resume();
  return response.statusCode ?? 0;
}

function signatureOf(body: string, secret: string | undefined): Record<string, string> {
  if (secret === undefined) return {};
  return { "x-firn-signature": createHmac("sha256", secret).update(body).digest("hex") };
}
