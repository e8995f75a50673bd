import { STATUS_CODES } from "node:http";

export type ResponseHeaders = Readonly<Record<string, string>>;

const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Line ends, above all: a value with one would be two headers. */
const NO_VALUE = /[^\t\x20-\x7e\x80-\xff]/;

/** Status line and headers, without the empty line. @throws TypeError on what is no header. */
export function responseHead(status: number, headers: ResponseHeaders): string {
  let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Unknown"}\r\n`;
  for (const name in headers) {
    const value = headers[name] as string;
    if (!NAME.test(name) || NO_VALUE.test(value)) throw new TypeError(`no header: ${name}`);
    text += `${name}: ${value}\r\n`;
  }
  return text;
}
