import { STATUS_CODES } from "node:http";
import { escapeXml } from "@firn/wire";
import type { ServiceError, WireResponse } from "@firn/wire";

interface ErrorFacts {
  readonly error: ServiceError;
  readonly requestId: string;
  /** What kept the bucket's own page from being shown. */
  readonly ofPage?: ServiceError | undefined;
}

/** An error as S3's website hosts show it to people. */
export function errorPage({ error, requestId, ofPage }: ErrorFacts): WireResponse {
  const title = escapeXml(`${error.status} ${STATUS_CODES[error.status] ?? error.code}`);
  const own = factsOf(error, [
    ["RequestId", requestId],
    ["HostId", requestId],
  ]);
  const nested =
    ofPage === undefined
      ? ""
      : "<h3>An Error Occurred While Attempting to Retrieve a Custom Error Document</h3>\n" +
        `<ul>\n${factsOf(ofPage, [])}</ul>\n`;
  const body =
    `<html>\n<head><title>${title}</title></head>\n<body>\n<h1>${title}</h1>\n` +
    `<ul>\n${own}</ul>\n${nested}<hr/>\n</body>\n</html>\n`;
  const headers = {
    ...error.headers,
    "content-type": "text/html; charset=utf-8",
    "x-amz-error-code": error.code,
    "x-amz-error-message": headerText(error.message),
  };
  return { status: error.status, headers, body };
}

export function redirectPage(status: number, location: string): WireResponse {
  return { status, headers: { location }, body: "" };
}

function factsOf(
  { code, message, members }: ServiceError,
  more: readonly (readonly [string, string])[],
): string {
  const facts = [["Code", code], ["Message", message], ...Object.entries(members), ...more];
  return facts
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `<li>${name}: ${escapeXml(String(value))}</li>\n`)
    .join("");
}

/** One line of plain characters: messages may quote what was sent. */
function headerText(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, "?");
}
