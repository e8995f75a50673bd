import type { TimestampFormat } from "./shape.ts";

const ISO = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;
const EPOCH = /^-?\d{1,14}(\.\d{1,9})?$/;
const RFC822 = /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/;

/** Milliseconds since 1970 UTC to text: what headers, XML and queries carry. */
export function formatTimestamp(ms: number, format: TimestampFormat): string {
  switch (format) {
    case "iso8601":
      return new Date(ms).toISOString();
    case "rfc822":
      return new Date(ms).toUTCString();
    case "epoch":
      return String(ms / 1000);
  }
}

/** Any of the three forms to milliseconds; `undefined` when it is none. Clients mix them freely. */
export function parseTimestamp(text: string): number | undefined {
  if (EPOCH.test(text)) return Math.round(Number(text) * 1000);
  if (!ISO.test(text) && !RFC822.test(text)) return undefined;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}
