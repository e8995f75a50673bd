import { STATUS_CODES } from "node:http";

export type ResponseHeaders = Readonly<Record<string, string>>;

const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const LENGTH = "content-length";
/** Line ends, above all: a value with one would be two headers. */
const NO_VALUE = /[^\t\x20-\x7e\x80-\xff]/;

/**
 * Status line and headers, without the empty line; with `bytes` as the length of the body, whatever
 * the headers say of it. @throws TypeError on what is no header.
 */
export function responseHead(status: number, headers: ResponseHeaders, bytes?: number): string {
  let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Unknown"}\r\n`;
  for (const name in headers) {
    const value = headers[name] as string;
    if (!NAME.test(name) || NO_VALUE.test(value)) throw new TypeError(`no header: ${name}`);
    if (bytes === undefined || name !== LENGTH) text += `${name}: ${value}\r\n`;
  }
  return bytes === undefined ? text : `${text}${LENGTH}: ${bytes}\r\n`;
}
