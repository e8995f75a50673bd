import { expect, test } from "vitest";
import {
  checkDescription,
  checkHash,
  checkLimit,
  checkPartSize,
  checkPolicy,
  checkTier,
  checkTime,
  checkTopic,
  checkVaultName,
} from "./validation.ts";

test("a vault's name has 1 to 255 characters of letters, digits, underscore, dot and hyphen", () => {
  for (const good of ["v", "My_vault-1.2", "a".repeat(255)])
    expect(checkVaultName(good)).toBe(good);
  for (const bad of ["", "a".repeat(256), "a b", "a/b", "ü", "a:b"]) {
    expect(() => checkVaultName(bad), bad).toThrow(/vault name/);
  }
});

test("a description has at most 1024 printable ASCII characters", () => {
  expect(checkDescription(undefined)).toBe("");
  expect(checkDescription("~ ".repeat(512))).toHaveLength(1024);
  for (const bad of ["a".repeat(1025), "tab\t", "é"]) {
    expect(() => checkDescription(bad)).toThrow(/description/);
  }
});

test("a part is 1 MiB times a power of two, up to 4 GiB", () => {
  for (let n = 0; n <= 12; n++) expect(checkPartSize(2 ** (20 + n))).toBe(2 ** (20 + n));
  for (const bad of [0, -1, 2 ** 19, 3 * 2 ** 20, 2 ** 33, 2 ** 20 + 1, Number.NaN]) {
    expect(() => checkPartSize(bad), String(bad)).toThrow(/must be a power of two/);
  }
});

test("an unknown tier is refused, an absent one is Standard", () => {
  expect(checkTier(undefined)).toBe("Standard");
  expect(checkTier("Bulk")).toBe("Bulk");
  for (const bad of ["Warp", "bulk", "constructor", ""])
    expect(() => checkTier(bad)).toThrow(/tier/);
});

test("a limit is cut at its maximum and refused below 1", () => {
  expect(checkLimit(undefined, 50)).toBe(50);
  expect(checkLimit(7, 50)).toBe(7);
  expect(checkLimit(1000, 50)).toBe(50);
  for (const bad of [0, -1, 1.5, Number.NaN]) expect(() => checkLimit(bad, 50)).toThrow(/limit/);
});

test("times are ISO 8601 in UTC or with an offset", () => {
  expect(checkTime("StartDate", "2013-03-20T17:03:43Z")).toBe(Date.UTC(2013, 2, 20, 17, 3, 43));
  expect(checkTime("StartDate", "2013-03-20")).toBe(Date.UTC(2013, 2, 20));
  for (const bad of ["", "yesterday", "2013", "2013-13-40T00:00:00Z", "1"]) {
    expect(() => checkTime("StartDate", bad), bad).toThrow(/StartDate/);
  }
});

test("a policy is JSON with statements, of at most 20 KB", () => {
  expect(checkPolicy('{"Statement":[]}')).toBe('{"Statement":[]}');
  for (const bad of ["{", "[]", "null", "7", `{"Statement":"${"x".repeat(20 * 1024)}"}`]) {
    expect(() => checkPolicy(bad)).toThrow(/Invalid policy/);
  }
  expect(() => checkPolicy(undefined)).toThrow(/Required parameter missing/);
});

test("hashes and topics are checked for their shape", () => {
  expect(checkHash("AB".repeat(32))).toBe("ab".repeat(32));
  expect(() => checkHash("ab")).toThrow(/64 hexadecimal/);
  expect(checkTopic("arn:aws:sns:us-east-1:000000000000:t")).toMatch(/^arn/);
  expect(() => checkTopic("arn:aws:sqs:us-east-1:000000000000:t")).toThrow(/SNS/);
});
