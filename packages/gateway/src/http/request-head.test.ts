import { expect, test } from "vitest";
import { parseHead, rawHeadersOf } from "./request-head.ts";

const head = (...lines: string[]): string =>
  ["PUT /a?b HTTP/1.1", "Host: x", ...lines].join("\r\n");

test("a head is read to the letter", () => {
  const read = parseHead(head("Content-Length: 12", "X-Own:\t a  b \t", "empty:"));
  expect(read).toMatchObject({ method: "PUT", url: "/a?b", minor: 1, body: 12, headerCount: 4 });
  expect({ ...read?.headers }).toEqual({
    host: "x",
    "content-length": "12",
    "x-own": "a  b",
    empty: "",
  });
});

test("repeated headers are one list, but where a second one can only be a mistake", () => {
  const read = parseHead(
    head("a: 1", "A: 2", "cookie: c", "cookie: d", "user-agent: u", "user-agent: v"),
  );
  expect({ ...read?.headers }).toEqual({
    host: "x",
    a: "1, 2",
    cookie: "c; d",
    "user-agent": "u",
  });
  expect(rawHeadersOf(head("a: 1", "A:2 "))).toEqual(["Host", "x", "a", "1", "A", "2"]);
});

test("names of JavaScript's own are headers like any other", () => {
  const read = parseHead(head("__proto__: a", "constructor: b"));
  expect(Object.entries(read?.headers ?? {})).toEqual([
    ["host", "x"],
    ["__proto__", "a"],
    ["constructor", "b"],
  ]);
});

test("chunks are for HTTP/1.1, and their name may be in capitals", () => {
  expect(parseHead(head("Transfer-Encoding: Chunked"))?.body).toBe("chunked");
  const old = "PUT / HTTP/1.0\r\nTransfer-Encoding: chunked";
  expect(parseHead(old)).toBeUndefined();
  expect(parseHead("GET / HTTP/1.0")).toMatchObject({ minor: 0, body: 0 });
});

/* Requests that two servers may take for different ones. */
const SMUGGLED: readonly (readonly [what: string, text: string])[] = [
  ["a length beside chunks", head("Content-Length: 3", "Transfer-Encoding: chunked")],
  ["chunks beside a length", head("Transfer-Encoding: chunked", "Content-Length: 3")],
  ["two lengths", head("Content-Length: 3", "Content-Length: 4")],
  ["the same length twice", head("Content-Length: 3", "Content-Length: 3")],
  ["a list of lengths", head("Content-Length: 3, 3")],
  ["a length with a sign", head("Content-Length: +3")],
  ["a negative length", head("Content-Length: -3")],
  ["a hexadecimal length", head("Content-Length: 0x3")],
  ["an empty length", head("Content-Length:")],
  ["a length beyond all numbers", head("Content-Length: 99999999999999999999")],
  ["a length with a blank inside", head("Content-Length: 1 2")],
  ["a coding in front of chunks", head("Transfer-Encoding: gzip, chunked")],
  ["chunks in front of a coding", head("Transfer-Encoding: chunked, identity")],
  ["another coding", head("Transfer-Encoding: identity")],
  ["chunks twice", head("Transfer-Encoding: chunked", "Transfer-Encoding: chunked")],
  ["chunks with something around", head("Transfer-Encoding: xchunked")],
  ["chunks behind a control character", head("Transfer-Encoding: \u000bchunked")],
  ["chunks in front of a tab", head("Transfer-Encoding: chunked\t")],
  ["a length in front of a tab", head("Content-Length: 3\t")],
  ["chunks in quotes", head('Transfer-Encoding: "chunked"')],
  ["a blank before the colon", head("Transfer-Encoding : chunked")],
  ["a tab before the colon", head("Content-Length\t: 3")],
  ["a folded line", head("a: b", " c: d")],
  ["a line folded with a tab", head("a: b", "\tc: d")],
  ["a blank before the first header", "GET / HTTP/1.1\r\n Host: x"],
  ["a header without a name", head(": b")],
  ["a header without a colon", head("nothing")],
  ["a name with a blank", head("a b: c")],
  ["a name beyond ASCII", head("\u00e4: c")],
  ["a bare line feed", head("a: b\nc: d")],
  ["a bare line feed behind the request line", "GET / HTTP/1.1\nHost: x"],
  ["a bare carriage return", head("a: b\rc: d")],
  ["a NUL", head("a: b\0")],
  ["a DEL", head("a: b\x7f")],
  ["no host", "GET / HTTP/1.1"],
  ["two hosts", head("Host: y")],
  ["no version", "GET /\r\nHost: x"],
  ["another version", "GET / HTTP/2.0\r\nHost: x"],
  ["a later version", "GET / HTTP/1.2\r\nHost: x"],
  ["a version in small letters", "GET / http/1.1\r\nHost: x"],
  ["two blanks", "GET  / HTTP/1.1\r\nHost: x"],
  ["a blank in the path", "GET /a b HTTP/1.1\r\nHost: x"],
  ["a blank behind the version", "GET / HTTP/1.1 \r\nHost: x"],
  ["no path", "GET  HTTP/1.1\r\nHost: x"],
  ["a method in small letters", "get / HTTP/1.1\r\nHost: x"],
  ["a tunnel", "CONNECT x:1 HTTP/1.1\r\nHost: x"],
  ["an unknown method", "SMUGGLE / HTTP/1.1\r\nHost: x"],
];

test.each(SMUGGLED)("%s is refused", (_, text) => {
  expect(parseHead(text)).toBeUndefined();
});
