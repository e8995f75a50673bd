import { createHmac } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { AuthError, SigV4Verifier, serviceError } from "./index.ts";
import type { SignedRequest, SigningCredential } from "./index.ts";

const accessKeyId = "AKIAIOSFODNN7EXAMPLE";
const secretAccessKey = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const verifier = new SigV4Verifier({
  credentials: (id): SigningCredential | undefined =>
    id === accessKeyId ? { secretAccessKey } : undefined,
});
const bucketOfHost = (host: string): string | undefined =>
  host.endsWith(".s3.amazonaws.com") ? host.slice(0, -".s3.amazonaws.com".length) : undefined;

interface Asked {
  readonly method?: string;
  readonly url?: string;
  readonly headers?: Record<string, string>;
  readonly atMs?: number;
  readonly host?: string;
}

function verify(asked: Asked, nowMs?: number): ReturnType<typeof verifier.verify> {
  const { method = "GET", url = "/", headers = {}, host = "johnsmith.s3.amazonaws.com" } = asked;
  const request: SignedRequest = { method, url, headers: { host, ...headers } };
  const date = Date.parse(headers["x-amz-date"] ?? headers["date"] ?? "");
  return verifier.verify(request, {
    service: "s3",
    nowMs: nowMs ?? date,
    hostBucket: host === "static.johnsmith.net:8080" ? () => "static.johnsmith.net" : bucketOfHost,
  });
}

function refusal(asked: Asked, nowMs?: number): AuthError {
  try {
    verify(asked, nowMs);
  } catch (error) {
    if (error instanceof AuthError) return error;
    throw error;
  }
  throw new Error("It was let in.");
}

const authorization = (signature: string): string => `AWS ${accessKeyId}:${signature}`;

/** "Signing and authenticating REST requests" of AWS's documentation: requests and signatures. */
test.each<[string, Asked, string]>([
  [
    "an object GET",
    { url: "/photos/puppy.jpg", headers: { date: "Tue, 27 Mar 2007 19:36:42 +0000" } },
    "bWq2s1WEIj+Ydj0vQ697zp+IXMU=",
  ],
  [
    "an object PUT",
    {
      method: "PUT",
      url: "/photos/puppy.jpg",
      headers: { "content-type": "image/jpeg", date: "Tue, 27 Mar 2007 21:15:45 +0000" },
    },
    "MyyxeRY7whkBe+bq8fHCL/2kKUg=",
  ],
  [
    "a list",
    {
      url: "/?prefix=photos&max-keys=50&marker=puppy",
      headers: { date: "Tue, 27 Mar 2007 19:42:41 +0000" },
    },
    "htDYFYduRNen8P9ZfE/s9SuKy0U=",
  ],
  [
    "a subresource",
    { url: "/?acl", headers: { date: "Tue, 27 Mar 2007 19:44:46 +0000" } },
    "c2WLPFtWHVgbEmeEG93a4cG37dM=",
  ],
  [
    "an upload with metadata",
    {
      method: "PUT",
      url: "/db-backup.dat.gz",
      host: "static.johnsmith.net:8080",
      headers: {
        date: "Tue, 27 Mar 2007 21:06:08 +0000",
        "x-amz-acl": "public-read",
        "content-type": "application/x-download",
        "content-md5": "4gJE4saaMU4BqNR0kLY+lw==",
        "x-amz-meta-reviewedby": "joe@johnsmith.net,jane@johnsmith.net",
        "x-amz-meta-filechecksum": "0x02661779",
        "x-amz-meta-checksumalgorithm": "crc32",
      },
    },
    "ilyl83RwaSoYIEdixDQcA4OnAnc=",
  ],
  [
    "a list of all buckets",
    { host: "s3.amazonaws.com", headers: { date: "Wed, 28 Mar 2007 01:29:59 +0000" } },
    "qGdzdERIC03wnaRNKh6OqZehG9s=",
  ],
  [
    "a key beyond ASCII",
    {
      url: "/dictionary/fran%C3%A7ais/pr%c3%a9f%c3%a8re",
      host: "s3.amazonaws.com",
      headers: { date: "Wed, 28 Mar 2007 01:49:49 +0000" },
    },
    "DNEZGsoieTZ92F3bUfSPQcbGmlM=",
  ],
])("AWS's own example of %s is let in", (_, asked, signature) => {
  const headers = { ...asked.headers, authorization: authorization(signature) };
  expect(verify({ ...asked, headers })).toMatchObject({
    accessKeyId,
    form: "header",
    payload: { kind: "unsigned" },
  });
  const other = { ...headers, "x-amz-meta-more": "1" };
  expect(refusal({ ...asked, headers: other }).code).toBe("FIRN_AUTH_SIGNATURE_MISMATCH");
});

const presignedUrl =
  `/photos/puppy.jpg?AWSAccessKeyId=${accessKeyId}` +
  "&Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D&Expires=1175139620";

test("AWS's own example of a presigned URL is let in until it expires", () => {
  const endMs = 1_175_139_620_000;
  expect(verify({ url: presignedUrl }, endMs - 1)).toMatchObject({ form: "presigned" });
  const error = refusal({ url: presignedUrl }, endMs);
  expect(serviceError("s3", error)).toMatchObject({
    code: "AccessDenied",
    status: 403,
    message: "Request has expired",
  });
});

/** Signed by the rule itself: for what AWS's page has no example of. */
function sign(text: string): string {
  return createHmac("sha1", secretAccessKey).update(text).digest("base64");
}

test("x-amz-date takes the place of the date, and response-* parameters are signed decoded", () => {
  const url = "/b/k?response-content-type=text%2Fplain&uploadId=a%20b&prefix=no";
  const date = "Tue, 24 Nov 2026 10:00:00 GMT";
  const resource = "/b/k?response-content-type=text/plain&uploadId=a b";
  const signature = sign(`GET\n\n\n\nx-amz-date:${date}\n${resource}`);
  const headers = { "x-amz-date": date, authorization: authorization(signature) };
  expect(verify({ url, headers, host: "localhost" }).signedAtMs).toBe(Date.parse(date));
});

test("a bucket alone in the path is signed with and without a slash behind it", () => {
  const date = "Tue, 24 Nov 2026 10:00:00 GMT";
  for (const resource of ["/b?acl", "/b/?acl"]) {
    const signature = sign(`GET\n\n\n${date}\n${resource}`);
    const headers = { date, authorization: authorization(signature) };
    expect(verify({ url: "/b?acl", headers, host: "localhost" }).form).toBe("header");
  }
});

test("a session token in the query is signed as a header", () => {
  const temporary = new SigV4Verifier({
    credentials: () => ({ secretAccessKey, sessionToken: "to/ken" }),
  });
  const expires = "2000000000";
  const signature = sign(`GET\n\n\n${expires}\nx-amz-security-token:to/ken\n/b/k`);
  const query = new URLSearchParams({
    AWSAccessKeyId: accessKeyId,
    Signature: signature,
    Expires: expires,
    "x-amz-security-token": "to/ken",
  });
  const request = { method: "GET", url: `/b/k?${query}`, headers: { host: "localhost" } };
  const options = { service: "s3", nowMs: Date.UTC(2026, 10, 24) };
  expect(temporary.verify(request, options).form).toBe("presigned");
});

const now = "Tue, 24 Nov 2026 10:00:00 GMT";
const good = authorization(sign(`GET\n\n\n${now}\n/b/k`));
const at = Date.parse(now);

test.each<[string, Asked, string, string]>([
  [
    "without a colon",
    { headers: { date: now, authorization: "AWS no" } },
    "V2_HEADER_MALFORMED",
    "InvalidArgument",
  ],
  ["without a date", { headers: { authorization: good } }, "DATE_MISSING", "AccessDenied"],
  [
    "with no date in Date",
    { headers: { date: "Bad", authorization: good } },
    "DATE_MISSING",
    "AccessDenied",
  ],
  [
    "before 1970",
    { headers: { date: "Tue, 07 Jul 1950 21:53:04 GMT", authorization: good } },
    "DATE_MISSING",
    "AccessDenied",
  ],
  [
    "of another day",
    { headers: { date: "Mon, 23 Nov 2026 10:00:00 GMT", authorization: good } },
    "CLOCK_SKEWED",
    "RequestTimeTooSkewed",
  ],
  [
    "by a stranger",
    { headers: { date: now, authorization: "AWS AKIANO:c2ln" } },
    "KEY_UNKNOWN",
    "InvalidAccessKeyId",
  ],
  [
    "in the header and in the query",
    { url: presignedUrl, headers: { date: now, authorization: good } },
    "AMBIGUOUS",
    "InvalidArgument",
  ],
  [
    "without Expires",
    { url: "/b/k?AWSAccessKeyId=A&Signature=s" },
    "V2_QUERY_MALFORMED",
    "AccessDenied",
  ],
  [
    "until a word",
    { url: "/b/k?AWSAccessKeyId=A&Signature=s&Expires=soon" },
    "V2_QUERY_MALFORMED",
    "AccessDenied",
  ],
  [
    "over chunks that Version 4 signs",
    {
      url: "/b/k",
      headers: {
        date: now,
        "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        authorization: authorization(
          sign(`GET\n\n\n${now}\nx-amz-content-sha256:STREAMING-AWS4-HMAC-SHA256-PAYLOAD\n/b/k`),
        ),
      },
    },
    "UNSUPPORTED",
    "InvalidRequest",
  ],
])("a request signed %s is refused", (_, asked, code, awsCode) => {
  const error = refusal({ host: "localhost", ...asked }, at);
  expect(error.code).toBe(`FIRN_AUTH_${code}`);
  expect(serviceError("s3", error).code).toBe(awsCode);
});

test("other services do not read Version 2", () => {
  const request = { method: "GET", url: "/b/k", headers: { date: now, authorization: good } };
  const reading = (): unknown => verifier.verify(request, { service: "dynamodb", nowMs: at });
  expect(reading).toThrow(expect.objectContaining({ code: "FIRN_AUTH_UNSUPPORTED" }));
});

test("whatever stands in the query or the header, the answer is a refusal", () => {
  const text = fc.string({ unit: "binary" });
  const property = fc.property(text, text, text, (one, two, three) => {
    const query = `AWSAccessKeyId=${one}&Signature=${two}&Expires=${three}`;
    expect(refusal({ url: `/b/k?${query}` }, at).code).toMatch(/^FIRN_AUTH_/);
    const headers = { date: now, authorization: `AWS ${one}:${two}` };
    expect(refusal({ headers }, at).code).toMatch(/^FIRN_AUTH_/);
  });
  fc.assert(property, { seed: Number(process.env["FIRN_SEED"] ?? 20_261_124), numRuns: 300 });
});
