import { hash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalRequest } from "./canonical-request.ts";
import {
  AuthError,
  SigV4Verifier,
  credentialScope,
  requirePayload,
  verifyPayload,
} from "./index.ts";
import type { AuthErrorCode, SignedRequest, SigningCredential, VerifyOptions } from "./index.ts";
import { parseSignedHeaders } from "./signed-headers.ts";
import { deriveSigningKey } from "./signing-key.ts";
import { formatTimestamp, parseTimestamp } from "./timestamp.ts";

const seed = Number(process.env["FIRN_SEED"] ?? 20_261_124);
const nowMs = Date.UTC(2026, 10, 24, 8);
const minute = 60_000;
const accessKeyId = "AKIAIOSFODNN7EXAMPLE";
const secretAccessKey = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const emptyHash = hash("sha256", "");

interface Signing {
  readonly method?: string;
  readonly url?: string;
  readonly headers?: Record<string, string>;
  readonly signedHeaders?: string;
  readonly payloadHash?: string;
  readonly service?: string;
  readonly region?: string;
  readonly atMs?: number;
  readonly scopeDate?: string;
  readonly secret?: string;
}

/** Signs in the header, with every part open to be wrong. */
function signed(signing: Signing = {}): SignedRequest & { headers: Record<string, string> } {
  const timestamp = formatTimestamp(signing.atMs ?? nowMs);
  const { method = "GET", url = "/bucket/key", service = "s3", region = "us-east-1" } = signing;
  const payloadHash = signing.payloadHash ?? emptyHash;
  const headers: Record<string, string> = {
    host: "localhost:4566",
    "x-amz-date": timestamp,
    ...(service === "s3" ? { "x-amz-content-sha256": payloadHash } : {}),
    ...signing.headers,
  };
  const signedHeaders = signing.signedHeaders ?? Object.keys(headers).toSorted().join(";");
  const date = signing.scopeDate ?? timestamp.slice(0, 8);
  const scope = `${date}/${region}/${service}/aws4_request`;
  const canonical = canonicalRequest({
    request: { method, url, headers },
    list: parseSignedHeaders(signedHeaders),
    payloadHash,
    style: service === "s3" ? "s3" : "standard",
    form: "header",
  });
  const key = deriveSigningKey(signing.secret ?? secretAccessKey, { date, region, service });
  const signature = key.sign(
    `AWS4-HMAC-SHA256\n${timestamp}\n${scope}\n${hash("sha256", canonical)}`,
  );
  headers["authorization"] =
    `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, ` +
    `SignedHeaders=${signedHeaders}, Signature=${signature}`;
  return { method, url, headers };
}

/** Signs a URL by S3's rules. */
function presigned(parameters: Record<string, string> = {}, path = "/bucket/key"): SignedRequest {
  const scope = "20261124/us-east-1/s3/aws4_request";
  const all = new Map(
    Object.entries({
      "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
      "X-Amz-Credential": `${accessKeyId}/${scope}`,
      "X-Amz-Date": formatTimestamp(nowMs),
      "X-Amz-Expires": "60",
      "X-Amz-SignedHeaders": "host",
      ...parameters,
    }).filter(([, value]) => value !== ""),
  );
  const query = [...all].map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&");
  const request = { method: "GET", url: `${path}?${query}`, headers: { host: "localhost:4566" } };
  const canonical = canonicalRequest({
    request,
    list: parseSignedHeaders("host"),
    payloadHash: "UNSIGNED-PAYLOAD",
    style: "s3",
    form: "presigned",
  });
  const key = deriveSigningKey(secretAccessKey, {
    date: "20261124",
    region: "us-east-1",
    service: "s3",
  });
  const text = `AWS4-HMAC-SHA256\n${all.get("X-Amz-Date") ?? ""}\n${scope}\n${hash("sha256", canonical)}`;
  return { ...request, url: `${request.url}&X-Amz-Signature=${key.sign(text)}` };
}

function verifier(credential: Partial<SigningCredential> = {}): SigV4Verifier<SigningCredential> {
  const full = { secretAccessKey, ...credential };
  return new SigV4Verifier({ credentials: (id) => (id === accessKeyId ? full : undefined) });
}

const s3: VerifyOptions = { service: "s3", nowMs };

function refusal(request: SignedRequest, options: VerifyOptions = s3, by = verifier()): AuthError {
  try {
    by.verify(request, options);
  } catch (error) {
    if (error instanceof AuthError) return error;
    throw error;
  }
  throw new Error("accepted");
}

function code(request: SignedRequest, options?: VerifyOptions): AuthErrorCode {
  return refusal(request, options).code;
}

function withAuthorization(change: (text: string) => string): SignedRequest {
  const request = signed();
  const authorization = change(request.headers["authorization"] as string);
  return { ...request, headers: { ...request.headers, authorization } };
}

test("a signed request says who signed it, and for what", () => {
  const found = verifier().verify(signed(), s3);
  expect(found).toMatchObject({
    accessKeyId,
    date: "20261124",
    region: "us-east-1",
    service: "s3",
    form: "header",
    payload: { kind: "sha256", sha256: emptyHash },
    signedAtMs: nowMs,
  });
});

test.each([
  ["UNSIGNED-PAYLOAD", { kind: "unsigned" }],
  ["STREAMING-AWS4-HMAC-SHA256-PAYLOAD", { kind: "chunked", trailer: false }],
  ["STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", { kind: "chunked", trailer: true }],
  ["STREAMING-UNSIGNED-PAYLOAD-TRAILER", { kind: "chunked", trailer: true }],
])("%s says how the body is bound", (payloadHash, binding) => {
  expect(verifier().verify(signed({ payloadHash }), s3).payload).toMatchObject(binding);
});

test("only chunks that are signed come with what verifies them", () => {
  const payload = (payloadHash: string): object =>
    verifier().verify(signed({ payloadHash }), s3).payload;
  expect(payload("STREAMING-AWS4-HMAC-SHA256-PAYLOAD")).toHaveProperty("signing");
  expect(payload("STREAMING-UNSIGNED-PAYLOAD-TRAILER")).not.toHaveProperty("signing");
});

test("an unsigned request is anonymous", () => {
  expect(code({ method: "GET", url: "/", headers: { host: "localhost" } })).toBe(
    "FIRN_AUTH_MISSING",
  );
});

test.each<[string, SignedRequest, AuthErrorCode]>([
  [
    "SigV4A",
    withAuthorization((text) => text.replace("HMAC-SHA256", "ECDSA-P256-SHA256")),
    "FIRN_AUTH_UNSUPPORTED",
  ],
  ["Basic", withAuthorization(() => "Basic dTpw"), "FIRN_AUTH_UNSUPPORTED"],
  [
    "nothing but the algorithm",
    withAuthorization(() => "AWS4-HMAC-SHA256"),
    "FIRN_AUTH_HEADER_INCOMPLETE",
  ],
  [
    "no signature",
    withAuthorization((text) => text.replace(/, Signature.*/, "")),
    "FIRN_AUTH_HEADER_INCOMPLETE",
  ],
  [
    "a component without =",
    withAuthorization((text) => `${text}, x`),
    "FIRN_AUTH_HEADER_MALFORMED",
  ],
  [
    "an endless header",
    withAuthorization((text) => text + "x".repeat(9000)),
    "FIRN_AUTH_HEADER_MALFORMED",
  ],
  [
    "an empty name in the list",
    withAuthorization((text) => text.replace("host;", "host;;")),
    "FIRN_AUTH_HEADER_MALFORMED",
  ],
  [
    "a credential of four parts",
    withAuthorization((text) => text.replace("/us-east-1", "")),
    "FIRN_AUTH_HEADER_SCOPE",
  ],
  [
    "another terminator",
    withAuthorization((text) => text.replace("aws4_", "aws5_")),
    "FIRN_AUTH_HEADER_SCOPE",
  ],
  [
    "a date that is none",
    withAuthorization((text) => text.replace("/20261124", "/2026112")),
    "FIRN_AUTH_HEADER_SCOPE",
  ],
  ["another day", signed({ scopeDate: "20261123" }), "FIRN_AUTH_HEADER_SCOPE"],
  ["another service", signed({ service: "dynamodb" }), "FIRN_AUTH_HEADER_SCOPE"],
  ["another secret", signed({ secret: "other" }), "FIRN_AUTH_SIGNATURE_MISMATCH"],
  [
    "a signature in capitals",
    withAuthorization((text) => text.replace(/[0-9a-f]{64}$/, (hex) => hex.toUpperCase())),
    "FIRN_AUTH_SIGNATURE_MISMATCH",
  ],
  [
    "an unknown key",
    withAuthorization((text) => text.replace(accessKeyId, "AKIAOTHER")),
    "FIRN_AUTH_KEY_UNKNOWN",
  ],
  ["both forms", { ...signed(), url: "/?X-Amz-Algorithm=AWS4-HMAC-SHA256" }, "FIRN_AUTH_AMBIGUOUS"],
  ["no date", signed({ headers: { "x-amz-date": "yesterday" } }), "FIRN_AUTH_DATE_MISSING"],
  [
    "a date that does not exist",
    signed({ headers: { "x-amz-date": "20261131T000000Z" } }),
    "FIRN_AUTH_DATE_MISSING",
  ],
  ["16 minutes ago", signed({ atMs: nowMs - 16 * minute }), "FIRN_AUTH_CLOCK_SKEWED"],
  ["in 16 minutes", signed({ atMs: nowMs + 16 * minute }), "FIRN_AUTH_CLOCK_SKEWED"],
  [
    "host left out",
    signed({ signedHeaders: "x-amz-content-sha256;x-amz-date" }),
    "FIRN_AUTH_HEADERS_NOT_SIGNED",
  ],
  [
    "an unsigned x-amz- header",
    { ...signed(), headers: { ...signed().headers, "x-amz-acl": "public-read" } },
    "FIRN_AUTH_HEADERS_NOT_SIGNED",
  ],
  [
    "an unknown payload form",
    signed({ payloadHash: "STREAMING-MAGIC" }),
    "FIRN_AUTH_PAYLOAD_UNREADABLE",
  ],
  [
    "ECDSA chunks",
    signed({ payloadHash: "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD" }),
    "FIRN_AUTH_UNSUPPORTED",
  ],
  [
    "a token for lasting keys",
    signed({ headers: { "x-amz-security-token": "t" } }),
    "FIRN_AUTH_TOKEN_INVALID",
  ],
])("%s is refused", (_, request, expected) => {
  expect(code(request)).toBe(expected);
});

test("S3 wants the payload's form declared", () => {
  const { "x-amz-content-sha256": _, ...headers } = signed().headers;
  expect(code({ ...signed(), headers })).toBe("FIRN_AUTH_PAYLOAD_UNDECLARED");
});

test("a request is good for 15 minutes around its time", () => {
  for (const atMs of [nowMs - 15 * minute, nowMs + 15 * minute]) {
    expect(verifier().verify(signed({ atMs }), s3).signedAtMs).toBe(atMs);
  }
});

test("a region is checked when one is expected", () => {
  const error = refusal(signed({ region: "eu-west-1" }), { ...s3, region: "us-east-1" });
  expect(error.code).toBe("FIRN_AUTH_HEADER_SCOPE");
  expect(error.detail).toMatchObject({ given: "eu-west-1", expectedRegion: "us-east-1" });
  expect(verifier().verify(signed({ region: "eu-west-1" }), s3).region).toBe("eu-west-1");
});

test("a body at hand must have the declared hash, or be the one that was signed", () => {
  const body = Buffer.from("{}");
  const payloadHash = hash("sha256", body);
  expect(verifier().verify(signed({ payloadHash }), { ...s3, body }).payload.kind).toBe("checked");
  expect(code(signed(), { ...s3, body })).toBe("FIRN_AUTH_PAYLOAD_MISMATCH");
  const json = { service: "dynamodb", nowMs };
  const request = signed({ service: "dynamodb", url: "/", method: "POST", payloadHash });
  expect(verifier().verify(request, { ...json, body }).payload.kind).toBe("checked");
  expect(code(request, { ...json, body: Buffer.from("{ }") })).toBe("FIRN_AUTH_SIGNATURE_MISMATCH");
});

test("a body that is read later is handed on, and refused at its end if its hash differs", async () => {
  async function* source(): AsyncGenerator<Uint8Array> {
    yield Buffer.from("a");
    yield await Promise.resolve(Buffer.from("b"));
  }
  let read = "";
  for await (const bytes of verifyPayload(source(), hash("sha256", "ab").toUpperCase())) {
    read += Buffer.from(bytes).toString();
  }
  expect(read).toBe("ab");
  const wrong = verifyPayload(source(), emptyHash);
  const readAll = async (): Promise<void> => {
    for await (const bytes of wrong) expect(bytes.length).toBe(1);
  };
  await expect(readAll()).rejects.toMatchObject({ code: "FIRN_AUTH_PAYLOAD_MISMATCH" });
});

test("a body read in one piece is held to the signed hash, and to nothing if none was signed", () => {
  const { payload } = verifier().verify(signed(), s3);
  expect(() => requirePayload(payload, Buffer.from("x"))).toThrow(
    expect.objectContaining({
      code: "FIRN_AUTH_PAYLOAD_MISMATCH",
      detail: { declared: emptyHash, computed: hash("sha256", "x") },
    }),
  );
  requirePayload(payload, new Uint8Array(0));
  requirePayload({ kind: "unsigned" }, Buffer.from("x"));
});

test("a request may be dated by Date alone, in HTTP's form or in that of signatures", () => {
  for (const date of [new Date(nowMs).toUTCString(), formatTimestamp(nowMs)]) {
    const { "x-amz-date": _, ...headers } = signed({
      headers: { date },
      signedHeaders: "date;host;x-amz-content-sha256",
    }).headers;
    expect(verifier().verify({ ...signed(), headers }, s3).signedAtMs).toBe(nowMs);
  }
});

test("temporary credentials come with their own token, and end", () => {
  const request = signed({ headers: { "x-amz-security-token": "token" } });
  const good = { sessionToken: "token", expiresAtMs: nowMs + 1 };
  expect(verifier(good).verify(request, s3).accessKeyId).toBe(accessKeyId);
  const by = (credential: Partial<SigningCredential>, of = request): AuthErrorCode =>
    refusal(of, s3, verifier(credential)).code;
  expect(by({ ...good, expiresAtMs: nowMs })).toBe("FIRN_AUTH_TOKEN_EXPIRED");
  expect(by({ ...good, sessionToken: "other" })).toBe("FIRN_AUTH_TOKEN_INVALID");
  expect(by(good, signed())).toBe("FIRN_AUTH_KEY_UNKNOWN");
});

test("a presigned URL is good until it expires, and its body is not bound", () => {
  const found = verifier().verify(presigned(), { ...s3, nowMs: nowMs + minute - 1 });
  expect(found).toMatchObject({ form: "presigned", payload: { kind: "unsigned" } });
});

test.each<[string, SignedRequest, number, AuthErrorCode]>([
  ["expired", presigned(), nowMs + minute, "FIRN_AUTH_PRESIGN_EXPIRED"],
  ["for no time at all", presigned({ "X-Amz-Expires": "0" }), nowMs, "FIRN_AUTH_PRESIGN_EXPIRED"],
  ["from the future", presigned(), nowMs - 16 * minute, "FIRN_AUTH_PRESIGN_NOT_YET"],
  ["without Expires", presigned({ "X-Amz-Expires": "" }), nowMs, "FIRN_AUTH_QUERY_INCOMPLETE"],
  [
    "with a negative Expires",
    presigned({ "X-Amz-Expires": "-1" }),
    nowMs,
    "FIRN_AUTH_QUERY_MALFORMED",
  ],
  [
    "for more than a week",
    presigned({ "X-Amz-Expires": "604801" }),
    nowMs,
    "FIRN_AUTH_QUERY_MALFORMED",
  ],
  ["for a while", presigned({ "X-Amz-Expires": "long" }), nowMs, "FIRN_AUTH_QUERY_MALFORMED"],
  ["without a date", presigned({ "X-Amz-Date": "" }), nowMs, "FIRN_AUTH_QUERY_INCOMPLETE"],
  [
    "with another algorithm",
    presigned({ "X-Amz-Algorithm": "AWS4-X" }),
    nowMs,
    "FIRN_AUTH_QUERY_MALFORMED",
  ],
  [
    "with a short credential",
    presigned({ "X-Amz-Credential": "a/b" }),
    nowMs,
    "FIRN_AUTH_QUERY_SCOPE",
  ],
  [
    "with a token that is unknown",
    presigned({ "X-Amz-Security-Token": "t" }),
    nowMs,
    "FIRN_AUTH_TOKEN_INVALID",
  ],
])("a URL presigned %s is refused", (_, request, at, expected) => {
  expect(code(request, { ...s3, nowMs: at })).toBe(expected);
});

test("an expiry of a week is taken", () => {
  const request = presigned({ "X-Amz-Expires": "604800" });
  expect(verifier().verify(request, s3).form).toBe("presigned");
});

test("a key whose secret was changed no longer signs with the old one", () => {
  let secret = secretAccessKey;
  const by = new SigV4Verifier({ credentials: () => ({ secretAccessKey: secret }) });
  expect(by.verify(signed(), s3).accessKeyId).toBe(accessKeyId);
  secret = "another";
  expect(refusal(signed(), s3, by).code).toBe("FIRN_AUTH_SIGNATURE_MISMATCH");
  expect(by.verify(signed({ secret }), s3).accessKeyId).toBe(accessKeyId);
});

test("a signer that is known is still held to its signature, time and headers", () => {
  const by = verifier();
  expect(by.verify(signed(), s3).accessKeyId).toBe(accessKeyId);
  expect(refusal(signed({ secret: "other" }), s3, by).code).toBe("FIRN_AUTH_SIGNATURE_MISMATCH");
  expect(refusal(signed(), { ...s3, nowMs: nowMs + 16 * minute }, by).code).toBe(
    "FIRN_AUTH_CLOCK_SKEWED",
  );
  const more = { ...signed(), headers: { ...signed().headers, "x-amz-acl": "private" } };
  expect(refusal(more, s3, by).code).toBe("FIRN_AUTH_HEADERS_NOT_SIGNED");
});

test("bytes above 127 are accepted as Latin-1 and as UTF-8, as clients sign them", () => {
  const latin1 = signed({ headers: { "x-amz-meta-name": "Zürich" } });
  expect(verifier().verify(latin1, s3).accessKeyId).toBe(accessKeyId);
  const asBytes = (name: string): string => Buffer.from(name, "utf8").toString("latin1");
  const utf8 = {
    ...latin1,
    headers: { ...latin1.headers, "x-amz-meta-name": asBytes("Zürich à") },
  };
  const authorization = signed({ headers: { "x-amz-meta-name": "Zürich à" } }).headers[
    "authorization"
  ] as string;
  expect(
    verifier().verify({ ...utf8, headers: { ...utf8.headers, authorization } }, s3).accessKeyId,
  ).toBe(accessKeyId);
});

test("any change to a signed request is refused", () => {
  const by = verifier();
  const url = "/bucket/some%20key?list-type=2&prefix=a";
  const base = signed({ url, headers: { "x-amz-meta-a": "some value" } });
  expect(by.verify(base, s3).accessKeyId).toBe(accessKeyId);
  const flip = (text: string, at: number, to: string): string =>
    text.slice(0, at % text.length) + to + text.slice((at % text.length) + 1);
  const letter = fc.constantFrom(..."abcdefABC0123456789-_.~");
  const field = fc.constantFrom("method", "url", ...Object.keys(base.headers));
  const change = fc.property(field, fc.nat(500), letter, (name, at, to) => {
    const request =
      name === "method" || name === "url"
        ? { ...base, [name]: flip(base[name], at, to) }
        : { ...base, headers: { ...base.headers, [name]: flip(base.headers[name] ?? "", at, to) } };
    if (JSON.stringify(request) === JSON.stringify(base)) return;
    expect(() => by.verify(request, s3)).toThrow(AuthError);
  });
  fc.assert(change, { seed, numRuns: 2000 });
});

test("any change to a presigned URL is refused", () => {
  const by = verifier();
  const base = presigned({ "response-content-type": "text/plain" });
  expect(by.verify(base, s3).accessKeyId).toBe(accessKeyId);
  const change = fc.property(
    fc.nat(base.url.length - 1),
    fc.constantFrom(..."abcXYZ019-_.~"),
    (at, to) => {
      const url = base.url.slice(0, at) + to + base.url.slice(at + 1);
      if (url === base.url) return;
      expect(() => by.verify({ ...base, url }, s3)).toThrow(AuthError);
    },
  );
  fc.assert(change, { seed, numRuns: 1000 });
});

test("whatever a stranger sends, it is answered with a refusal and nothing else", () => {
  const by = verifier();
  const authorization = signed().headers["authorization"] as string;
  const pieces = [...authorization.split(/(?=[ ,;=/])/), ...presigned().url.split(/(?=[&?=])/)];
  const piece = fc.oneof(fc.constantFrom(...pieces), fc.string({ unit: "binary", maxLength: 6 }));
  const text = fc.array(piece, { maxLength: 14 }).map((parts) => parts.join(""));
  const name = fc.constantFrom(
    "authorization",
    "x-amz-date",
    "date",
    "x-amz-content-sha256",
    "host",
  );
  const headers = fc.dictionary(name, fc.oneof(text, fc.array(text, { maxLength: 2 })));
  const service = fc.constantFrom("s3", "dynamodb");
  fc.assert(
    fc.property(text, headers, service, (url, wild, of) => {
      const request = { method: "GET", url: `/${url}`, headers: wild, rawHeaders: ["Host"] };
      expect(() => by.verify(request, { service: of, nowMs })).toThrow(AuthError);
      expect(() => credentialScope(request)).not.toThrow();
    }),
    { seed, numRuns: 2000 },
  );
});

test("a timestamp is read exactly, and only if it exists", () => {
  const real = fc.date({
    min: new Date(0),
    max: new Date("9999-12-31T23:59:59Z"),
    noInvalidDate: true,
  });
  fc.assert(
    fc.property(real, (date) => {
      const ms = Math.floor(date.getTime() / 1000) * 1000;
      expect(parseTimestamp(formatTimestamp(ms))).toBe(ms);
    }),
    { seed },
  );
  for (const wrong of [
    "20260229T000000Z",
    "20261301T000000Z",
    "20260100T000000Z",
    "20260101T240000Z",
    "20260101T006000Z",
    "20260101T000060Z",
    "2026-01-01T00:00:00Z",
  ]) {
    expect(parseTimestamp(wrong)).toBeUndefined();
  }
});
