import { expect, test } from "vitest";
import { AuthError, authErrorKinds, serviceError, serviceErrors } from "./index.ts";
import type { AuthErrorCode, ProtocolFamily } from "./index.ts";

const families = Object.keys(serviceErrors) as ProtocolFamily[];
const codes = Object.keys(authErrorKinds) as AuthErrorCode[];

test.each(families)("every refusal has its words in %s, without placeholders left", (family) => {
  for (const code of codes) {
    const found = serviceError(
      family,
      new AuthError(code, "test", { problem: "region", given: "x" }),
    );
    expect(found.code).toMatch(/^[A-Z]\w+$/);
    expect(found.status).toBeGreaterThanOrEqual(400);
    expect(found.status).toBeLessThan(500);
    expect(found.message).not.toMatch(/[{}]/);
  }
});

test("S3 names the region that it expects", () => {
  const error = new AuthError("FIRN_AUTH_HEADER_SCOPE", "wrong region", {
    problem: "region",
    given: "eu-west-1",
    expected: "us-east-1",
    expectedRegion: "us-east-1",
  });
  expect(serviceError("s3", error)).toEqual({
    code: "AuthorizationHeaderMalformed",
    status: 400,
    message:
      "The authorization header is malformed; the region 'eu-west-1' is wrong; expecting 'us-east-1'",
    elements: [["Region", "us-east-1"]],
  });
});

test.each<[ProtocolFamily, string, number]>([
  ["s3", "SignatureDoesNotMatch", 403],
  ["json", "InvalidSignatureException", 400],
  ["restJson", "InvalidSignatureException", 403],
  ["ec2", "AuthFailure", 401],
  ["query", "SignatureDoesNotMatch", 403],
])("a wrong signature in %s is %s, %i", (family, code, status) => {
  const error = new AuthError("FIRN_AUTH_SIGNATURE_MISMATCH", "no fit", { accessKeyId: "AKIA" });
  expect(serviceError(family, error)).toMatchObject({ code, status });
});

test("what a client sent cannot bring placeholders of its own into a message", () => {
  const error = new AuthError("FIRN_AUTH_HEADER_SCOPE", "wrong", {
    problem: "service",
    given: "{expected}$&",
    expected: "s3",
  });
  expect(serviceError("s3", error).message).toBe(
    'The authorization header is malformed; incorrect service "{expected}$&". This endpoint belongs to "s3".',
  );
});

test("a skewed clock is told the times", () => {
  const error = new AuthError("FIRN_AUTH_CLOCK_SKEWED", "skewed", {
    timestamp: "20130524T000000Z",
    serverTime: "2026-11-24T08:00:00Z",
    skewMsMax: 900_000,
    skew: "Signature expired: …",
  });
  expect(serviceError("s3", error).elements).toEqual([
    ["RequestTime", "20130524T000000Z"],
    ["ServerTime", "2026-11-24T08:00:00Z"],
    ["MaxAllowedSkewMilliseconds", "900000"],
  ]);
  expect(serviceError("json", error).message).toBe("Signature expired: …");
});
