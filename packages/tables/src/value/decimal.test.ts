import { expect, test } from "vitest";
import { canonicalNumber, compareNumbers, Decimal, numberBytes } from "./decimal.ts";
import { closedPart } from "./key-bytes.ts";

const ascending = [
  "-9.9999999999999999999999999999999999999E+125",
  "-100",
  "-99.5",
  "-99",
  "-12",
  "-10",
  "-1.01",
  "-1",
  "-0.5",
  "-0.05",
  "-1E-130",
  "0",
  "1E-130",
  "0.05",
  "0.1",
  "0.12",
  "1",
  "1.01",
  "9",
  "10",
  "11",
  "99",
  "100",
  "101",
  "12345678901234567890123456789012345677",
  "12345678901234567890123456789012345678",
  "9.9999999999999999999999999999999999999E+125",
];

test("numbers of 38 digits are exact, and written without an exponent", () => {
  expect(canonicalNumber("12345678901234567890123456789012345678")).toBe(
    "12345678901234567890123456789012345678",
  );
  expect(canonicalNumber("1.5E2")).toBe("150");
  expect(canonicalNumber("00042")).toBe("42");
  expect(canonicalNumber("-0.00")).toBe("0");
  expect(canonicalNumber("3.1400")).toBe("3.14");
  expect(canonicalNumber(".5")).toBe("0.5");
  expect(canonicalNumber("1E-3")).toBe("0.001");
});

test("more than 38 digits, magnitudes out of range and other text are refused", () => {
  expect(() => canonicalNumber("123456789012345678901234567890123456789")).toThrow(
    "Attempting to store more than 38 significant digits in a Number",
  );
  expect(() => canonicalNumber("1E126")).toThrow("Number overflow");
  expect(() => canonicalNumber("-1E-131")).toThrow("Number underflow");
  expect(() => canonicalNumber("1 ")).toThrow("cannot be converted to a numeric value: 1 ");
  expect(() => canonicalNumber("")).toThrow("cannot be converted to a numeric value");
  expect(() => canonicalNumber("0x10")).toThrow("cannot be converted");
});

test("comparison and key bytes put numbers in the same order", () => {
  for (let i = 0; i + 1 < ascending.length; i++) {
    const low = canonicalNumber(ascending[i] as string);
    const high = canonicalNumber(ascending[i + 1] as string);
    expect(compareNumbers(low, high), `${low} < ${high}`).toBeLessThan(0);
    expect(compareNumbers(high, low)).toBeGreaterThan(0);
    const keys = [low, high].map((content) => closedPart({ type: "N", content }));
    expect(Buffer.compare(keys[0] as Uint8Array, keys[1] as Uint8Array), `${low} < ${high}`).toBe(
      -1,
    );
  }
});

test("sums are exact, and refused when they need more than 38 digits", () => {
  expect(Decimal.parse("0.1").add(Decimal.parse("0.2")).toString()).toBe("0.3");
  expect(Decimal.parse("1").subtract(Decimal.parse("1")).toString()).toBe("0");
  expect(Decimal.parse("-5").subtract(Decimal.parse("2.5")).toString()).toBe("-7.5");
  expect(() => Decimal.parse("1E38").add(Decimal.parse("1"))).toThrow("38 significant digits");
});

test("a number takes one byte, one per stored pair of digits, and one for its sign", () => {
  expect(numberBytes("0")).toBe(1);
  expect(numberBytes("1")).toBe(2);
  expect(numberBytes("12")).toBe(2);
  expect(numberBytes("123")).toBe(3);
  expect(numberBytes("-1")).toBe(3);
  expect(numberBytes("1.2")).toBe(3);
  expect(numberBytes("12345678901234567890123456789012345678")).toBe(20);
  // Short integers take a way of their own to the same result.
  for (const text of ["7", "10", "-10", "100", "1200", "-12345", "99999", "1000000"]) {
    expect(numberBytes(text), text).toBe(numberBytes(`${text}.${"0".repeat(16)}`));
  }
});
