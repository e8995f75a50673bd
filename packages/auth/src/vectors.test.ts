import { hash } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { canonicalRequest, otherReadings } from "./canonical-request.ts";
import { AwsChunkedBody, SigV4Verifier } from "./index.ts";
import type { SigningStyle, SignedRequest } from "./index.ts";
import { KnownSigners } from "./known-signers.ts";
import { presentedSignature } from "./presented-signature.ts";
import { parseSignedHeaders } from "./signed-headers.ts";
import { deriveSigningKey } from "./signing-key.ts";
import { parseTimestamp } from "./timestamp.ts";

type Pair = readonly [name: string, value: string];
interface SuiteRequest {
  readonly url: string;
  readonly headers: readonly Pair[];
  readonly canonicalSha256: string;
}
interface SuiteCase {
  readonly name: string;
  readonly style: SigningStyle;
  readonly token?: string;
  readonly method: string;
  readonly body?: string;
  readonly header: SuiteRequest;
  readonly query: SuiteRequest;
}
interface Vectors {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly timestamp: string;
}

function load<T>(name: string): T & Vectors {
  return JSON.parse(readFileSync(new URL(`vectors/${name}.json`, import.meta.url), "utf8"));
}

const suite = load<{ cases: SuiteCase[] }>("aws-suite");
const suiteMs = parseTimestamp(suite.timestamp) as number;

/** As Node's HTTP server would hand it over; a target that no parser takes is given as it is. */
function asRequest(method: string, { url, headers }: SuiteRequest): SignedRequest {
  const joined: Record<string, string> = {};
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    joined[key] = joined[key] === undefined ? value : `${joined[key]}, ${value}`;
  }
  return { method, url, headers: joined, rawHeaders: headers.flat() };
}

for (const form of ["header", "query"] as const) {
  test.each(suite.cases)(`AWS's suite, signed in the ${form}: $name`, (sample) => {
    const request = asRequest(sample.method, sample[form]);
    const body = Buffer.from(sample.body ?? "");
    if (sample.style === "standard") {
      const credential = { secretAccessKey: suite.secretAccessKey, sessionToken: sample.token };
      const verifier = new SigV4Verifier({ credentials: () => credential });
      const options = { service: "service", region: "us-east-1", nowMs: suiteMs, body };
      expect(verifier.verify(request, options).payload.kind).toBe("checked");
    }
    // Paths that are left untidied go with S3's rules for bodies, which the suite does not follow.
    const presented = presentedSignature(request, "standard", new KnownSigners());
    const parts = {
      request,
      list: parseSignedHeaders(presented.signedHeaders),
      payloadHash: hash("sha256", body),
      style: sample.style,
      form: presented.form,
    };
    const readings = [hash("sha256", canonicalRequest(parts)), ...otherReadings(parts)];
    expect(readings).toContain(sample[form].canonicalSha256);
    const scope = { date: "20150830", region: "us-east-1", service: "service" };
    const signed = deriveSigningKey(suite.secretAccessKey, scope).sign(
      `AWS4-HMAC-SHA256\n${suite.timestamp}\n20150830/us-east-1/service/aws4_request\n` +
        sample[form].canonicalSha256,
    );
    expect(signed).toBe(presented.signature);
  });
}

interface Example {
  readonly name: string;
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
}
interface StreamExample {
  readonly name: string;
  readonly headers: Record<string, string>;
  readonly signatures: readonly string[];
  readonly trailers: readonly string[];
}

const s3 = load<{ requests: Example[]; streams: StreamExample[] }>("s3-examples");
const s3Verifier = new SigV4Verifier({
  credentials: (id) =>
    id === s3.accessKeyId ? { secretAccessKey: s3.secretAccessKey } : undefined,
});
const s3Options = {
  service: "s3",
  region: "us-east-1",
  nowMs: parseTimestamp(s3.timestamp) as number,
};

test.each(s3.requests)("S3's example is accepted: $name", (request) => {
  const body = request.body === undefined ? undefined : Buffer.from(request.body);
  expect(s3Verifier.verify(request, { ...s3Options, body }).accessKeyId).toBe(s3.accessKeyId);
});

test.each(s3.streams)(
  "S3's example is decoded: $name",
  async ({ headers, signatures, trailers }) => {
    const request = { method: "PUT", url: "/examplebucket/chunkObject.txt", headers };
    const { payload } = s3Verifier.verify(request, s3Options);
    if (payload.kind !== "chunked") throw new Error("not chunked");
    const framed = [65_536, 1024, 0]
      .map(
        (size, i) => `${size.toString(16)};chunk-signature=${signatures[i]}\r\n${"a".repeat(size)}`,
      )
      .map((chunk) => (chunk.endsWith("a") ? `${chunk}\r\n` : chunk));
    const text = [...framed, ...trailers.map((line) => `${line}\r\n`), "\r\n"].join("");
    if (headers["content-length"]) expect(text.length).toBe(Number(headers["content-length"]));
    const body = new AwsChunkedBody(pieces(Buffer.from(text), 10_000), { payload, headers });
    let decoded = "";
    for await (const bytes of body) decoded += Buffer.from(bytes).toString();
    expect(decoded).toBe("a".repeat(66_560));
    const names = [...(body.trailers?.keys() ?? [])];
    expect(names).toEqual(trailers.length === 0 ? [] : ["x-amz-checksum-crc32c"]);
  },
);

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
