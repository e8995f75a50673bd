import { METHODS } from "node:http";
import { HEADER_NAMES } from "./header-names.ts";

/** Lower-case names; values as Latin-1, as they came, without the blanks around them. */
export type HttpHeaders = Readonly<Record<string, string | undefined>>;

/** The request line and the headers. */
export interface RequestHead {
  readonly method: string;
  readonly url: string;
  /** Of HTTP/1.x: 1, or 0. */
  readonly minor: number;
  readonly headers: HttpHeaders;
  readonly headerCount: number;
  /** How long the body is. */
  readonly body: BodyFraming;
}

/** Bytes of the body (0: none), or that it comes in chunks and says at its end that it ends. */
export type BodyFraming = number | "chunked";

/** A tunnel is nothing that this server could be. */
const KNOWN_METHODS: ReadonlySet<string> = new Set(METHODS.filter((name) => name !== "CONNECT"));
const REQUEST_LINE = /^([A-Z-]{1,20}) ([\x21-\x7e]+) HTTP\/1\.([01])$/;
/** A path, all of the server, or (through a proxy) a whole address. */
const TARGET = /^(?:\/|\*$|[A-Za-z]{1,10}:\/\/[A-Za-z0-9.:[\]-]+(?:[/?]|$))/;
/** Nothing but text, blanks and whole line ends. */
// oxlint-disable-next-line no-control-regex -- they are what must not be there
const FORBIDDEN = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)/;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const DIGITS = /^\d{1,15}$/;

const TAB = 0x09;
const CR = 0x0d;
const SPACE = 0x20;

/**
 * Reads a head: `text` is all of it in Latin-1, without the empty line at its end. `undefined` when
 * it is not HTTP/1.x to the letter. What may be read in two ways is refused, for between a proxy
 * and this server two readings are two requests: folded lines, bare line feeds, blanks before a
 * colon, tabs where a body is framed, a length twice, a length beside chunks, codings other than
 * `chunked`, two hosts or none.
 */
export function parseHead(text: string): RequestHead | undefined {
  if (FORBIDDEN.test(text)) return undefined;
  const lineEnd = text.indexOf("\r\n");
  const line = REQUEST_LINE.exec(lineEnd < 0 ? text : text.slice(0, lineEnd));
  if (line === null) return undefined;
  const [, method = "", url = "", minor] = line;
  const headers = Object.create(null) as Record<string, string>;
  const headerCount = lineEnd < 0 ? 0 : readHeaders(text, lineEnd + 2, headers);
  if (headerCount < 0 || !KNOWN_METHODS.has(method)) return undefined;
  if (!TARGET.test(url)) return undefined;
  if (minor === "1" && headers["host"] === undefined) return undefined;
  const body = framingOf(headers, minor === "1");
  if (body === undefined) return undefined;
  return { method, url, minor: minor === "1" ? 1 : 0, headers, headerCount, body };
}

/** Names and values in turn, as they came: what a signature may have been made over. */
export function rawHeadersOf(text: string): string[] {
  const raw: string[] = [];
  for (const line of text.split("\r\n").slice(1)) {
    const colon = line.indexOf(":");
    raw.push(line.slice(0, colon), trimmed(line, colon + 1, line.length));
  }
  return raw;
}

/** Returns how many there are, or -1 when a line is none. */
function readHeaders(text: string, from: number, headers: Record<string, string>): number {
  let count = 0;
  let at = from;
  while (at < text.length) {
    const feed = text.indexOf("\n", at);
    if (feed >= 0 && text.charCodeAt(feed - 1) !== CR) return -1;
    const end = feed < 0 ? text.length : feed - 1;
    const colon = text.indexOf(":", at);
    if (colon < 0 || colon >= end) return -1;
    const given = text.slice(at, colon);
    const name = HEADER_NAMES.get(given) ?? (TOKEN.test(given) ? given.toLowerCase() : undefined);
    if (name === undefined || !addHeader(headers, name, trimmed(text, colon + 1, end))) return -1;
    // Some take a tab for a blank here, and some for a part of the value.
    if (ONCE.has(name) && text.slice(colon, end).includes("\t")) return -1;
    count++;
    at = feed < 0 ? text.length : feed + 1;
  }
  return count;
}

function trimmed(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}

/** Of these the first one counts, as in Node: a second is a mistake, not a list. */
const SINGLE: ReadonlySet<string> = new Set([
  "age",
  "authorization",
  "content-type",
  "etag",
  "expires",
  "from",
  "if-modified-since",
  "if-unmodified-since",
  "last-modified",
  "location",
  "max-forwards",
  "proxy-authorization",
  "referer",
  "retry-after",
  "server",
  "user-agent",
]);
/** And of these a second one is an attack. */
const ONCE: ReadonlySet<string> = new Set(["content-length", "host", "transfer-encoding"]);

/** False when the header may not come again. */
function addHeader(headers: Record<string, string>, name: string, value: string): boolean {
  const present = headers[name];
  if (present === undefined) headers[name] = value;
  else if (ONCE.has(name)) return false;
  else if (!SINGLE.has(name))
    headers[name] = `${present}${name === "cookie" ? "; " : ", "}${value}`;
  return true;
}

function framingOf(headers: HttpHeaders, takesChunks: boolean): BodyFraming | undefined {
  const coding = headers["transfer-encoding"];
  const length = headers["content-length"];
  if (coding === undefined) {
    if (length === undefined) return 0;
    return DIGITS.test(length) ? Number(length) : undefined;
  }
  const isChunked = takesChunks && length === undefined && coding.toLowerCase() === "chunked";
  return isChunked ? "chunked" : undefined;
}
