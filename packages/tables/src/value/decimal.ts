import { NUMBER_DIGITS_MAX, NUMBER_EXPONENT_MAX, NUMBER_EXPONENT_MIN } from "../constants.ts";
import { invalid } from "../errors.ts";

const SYNTAX = /^([+-]?)(?:(\d+)(?:\.(\d*))?|\.(\d+))(?:[eE]([+-]?\d+))?$/;
/** Integers of so many digits are exact in a double too. */
const SHORT_DIGITS = 15;
/** Most numbers by far: already in the canonical form, and surely within the limits. */
const PLAIN_INTEGER = /^(?:0|-?[1-9]\d{0,37})$/;

/**
 * An exact decimal number of up to 38 significant digits, magnitude 1E-130 to
 * 9.9999999999999999999999999999999999999E+125: what DynamoDB calls a Number.
 *
 * Immutable and normalised: 1, 1.0 and 10E-1 are the same value with the same digits.
 */
export class Decimal {
  /** -1, 0 or 1. */
  readonly sign: -1 | 0 | 1;
  /** Significant digits without leading and trailing zeros; "" for zero. */
  readonly digits: string;
  /** Decimal exponent of the first digit: 0 for 1 to 9.99…; 0 for zero. */
  readonly exponent: number;

  private constructor(sign: -1 | 0 | 1, digits: string, exponent: number) {
    this.sign = sign;
    this.digits = digits;
    this.exponent = exponent;
  }

  /**
   * Reads decimal text, with or without an exponent.
   * @throws FIRN_TABLE_REQUEST_INVALID when it is no number, has more than 38 significant digits,
   * or a magnitude out of range: with DynamoDB's texts.
   */
  static parse(text: string): Decimal {
    const match = SYNTAX.exec(text);
    if (match === null) throw notNumeric(text);
    const whole = match[2] ?? "";
    const fraction = match[3] ?? match[4] ?? "";
    const shift = match[5] === undefined ? 0 : Number(match[5]);
    return Decimal.#of(match[1] === "-" ? -1 : 1, whole + fraction, whole.length - 1 + shift);
  }

  /** @throws FIRN_TABLE_REQUEST_INVALID for NaN, infinities and magnitudes out of range. */
  static from(value: number | bigint | string | Decimal): Decimal {
    return value instanceof Decimal ? value : Decimal.parse(String(value));
  }

  /** Trims, then checks the limits. `exponent` is that of the first of `digits`. */
  static #of(sign: -1 | 1, digits: string, exponent: number): Decimal {
    let first = 0;
    while (first < digits.length && digits.charCodeAt(first) === 48) first++;
    if (first === digits.length) return new Decimal(0, "", 0);
    let end = digits.length;
    while (digits.charCodeAt(end - 1) === 48) end--;
    const leading = exponent - first;
    if (leading > NUMBER_EXPONENT_MAX) throw outOfRange("overflow", "larger");
    if (leading < NUMBER_EXPONENT_MIN) throw outOfRange("underflow", "smaller");
    if (end - first > NUMBER_DIGITS_MAX) {
      throw invalid("Attempting to store more than 38 significant digits in a Number");
    }
    return new Decimal(sign, digits.slice(first, end), leading);
  }

  /** Negative, zero or positive as this is less than, equal to or greater than `other`. */
  compare(other: Decimal): number {
    if (this.sign !== other.sign) return this.sign - other.sign;
    if (this.exponent !== other.exponent) return this.sign * (this.exponent - other.exponent);
    if (this.digits === other.digits) return 0;
    return this.digits < other.digits ? -this.sign : this.sign;
  }

  /** @throws FIRN_TABLE_REQUEST_INVALID for more than 38 digits, or a sum out of range. */
  add(other: Decimal): Decimal {
    return this.#combine(other, 1n);
  }

  /** @throws FIRN_TABLE_REQUEST_INVALID, as `add`. */
  subtract(other: Decimal): Decimal {
    return this.#combine(other, -1n);
  }

  #combine(other: Decimal, factor: bigint): Decimal {
    const unit = Math.min(this.#lastExponent(), other.#lastExponent());
    const sum = this.#scaled(unit) + factor * other.#scaled(unit);
    const text = (sum < 0n ? -sum : sum).toString();
    return Decimal.#of(sum < 0n ? -1 : 1, text, unit + text.length - 1);
  }

  /** Decimal exponent of the last digit. */
  #lastExponent(): number {
    return this.sign === 0 ? 0 : this.exponent - this.digits.length + 1;
  }

  /** The value in units of 10^unit. */
  #scaled(unit: number): bigint {
    if (this.sign === 0) return 0n;
    const whole = BigInt(this.digits + "0".repeat(this.#lastExponent() - unit));
    return this.sign < 0 ? -whole : whole;
  }

  /** Plain decimal notation, never with an exponent: the form in which DynamoDB answers. */
  toString(): string {
    if (this.sign === 0) return "0";
    const minus = this.sign < 0 ? "-" : "";
    const { digits, exponent } = this;
    if (exponent < 0) return `${minus}0.${"0".repeat(-exponent - 1)}${digits}`;
    const whole = exponent + 1;
    if (digits.length <= whole) return minus + digits + "0".repeat(whole - digits.length);
    return `${minus}${digits.slice(0, whole)}.${digits.slice(whole)}`;
  }

  toJSON(): string {
    return this.toString();
  }

  /** The nearest double: inexact beyond about 15 digits. */
  toNumber(): number {
    return Number(this.toString());
  }

  /** @throws RangeError when it has a fraction. */
  toBigInt(): bigint {
    if (this.#lastExponent() < 0) throw new RangeError(`${this.toString()} is not an integer`);
    return this.#scaled(0);
  }
}

/** The canonical text of a number: equal numbers have equal texts. @throws as `Decimal.parse`. */
export function canonicalNumber(text: string): string {
  return PLAIN_INTEGER.test(text) ? text : Decimal.parse(text).toString();
}

/** Orders two numbers in text form. Short integers, the common case, need no `Decimal`. */
export function compareNumbers(left: string, right: string): number {
  if (left === right) return 0;
  if (left.length <= SHORT_DIGITS && right.length <= SHORT_DIGITS)
    return Number(left) - Number(right);
  return Decimal.parse(left).compare(Decimal.parse(right));
}

/** Bytes that a number takes: one, one per pair of digits as stored, one for a minus. */
export function numberBytes(text: string): number {
  if (text.length <= SHORT_DIGITS && PLAIN_INTEGER.test(text)) return integerBytes(text);
  const { sign, digits, exponent } = Decimal.parse(text);
  if (sign === 0) return 1;
  const pairs = Math.ceil((digits.length + (exponent % 2 === 0 ? 1 : 0)) / 2);
  return 1 + pairs + (sign < 0 ? 1 : 0);
}

/** `numberBytes` of an integer in canonical form, without making it a `Decimal`. */
export function integerBytes(text: string): number {
  const sign = text.charCodeAt(0) === 45 ? 1 : 0;
  let end = text.length;
  while (end > sign && text.charCodeAt(end - 1) === 48) end--;
  if (end === sign) return 1;
  const odd = (text.length - sign) % 2;
  return 1 + Math.ceil((end - sign + odd) / 2) + sign;
}

function notNumeric(text: string): Error {
  const what = text === "" ? "" : `: ${text}`;
  return invalid(`The parameter cannot be converted to a numeric value${what}`);
}

function outOfRange(what: string, than: string): Error {
  return invalid(
    `Number ${what}. Attempting to store a number with magnitude ${than} than supported range`,
  );
}
