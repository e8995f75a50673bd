import { invalid } from "../errors.ts";
import { FirnError } from "@firn/core";
import type { AttributeMap, AttributeValue } from "../value/attribute-value.ts";
import { attribute } from "../value/attribute-value.ts";
import { checkValue } from "../value/check-value.ts";
import type { RawPath } from "./ast.ts";
import type { ExpressionLabel } from "./parser.ts";
import { expressionError } from "./parser.ts";
import type { Path } from "./path.ts";

/** ExpressionAttributeNames and ExpressionAttributeValues of a request. */
export interface ExpressionAttributes {
  readonly expressionAttributeNames?: Readonly<Record<string, string>> | undefined;
  readonly expressionAttributeValues?: AttributeMap | undefined;
}

const NAME_KEY = /^#[0-9A-Za-z_]+$/;
const VALUE_KEY = /^:[0-9A-Za-z_]+$/;

/** Gives the expressions of one request their names and values, and sees that all are used. */
export class Bindings {
  readonly #names: Readonly<Record<string, string>> | undefined;
  readonly #values: AttributeMap | undefined;
  #used: Set<string> | undefined;

  /** Checks the values, and brings them into canonical form. @throws FIRN_TABLE_REQUEST_INVALID. */
  constructor(attributes: ExpressionAttributes) {
    this.#names = attributes.expressionAttributeNames;
    this.#values = attributes.expressionAttributeValues;
    if (this.#names !== undefined) checkKeys("ExpressionAttributeNames", this.#names, NAME_KEY);
    if (this.#values === undefined) return;
    checkKeys("ExpressionAttributeValues", this.#values, VALUE_KEY);
    for (const key in this.#values) checkBoundValue(key, this.#values[key] as AttributeValue);
  }

  /** @throws FIRN_TABLE_REQUEST_INVALID when a `#name` is not defined. */
  path(raw: RawPath, label: ExpressionLabel): Path {
    return raw.map((step) =>
      typeof step === "string" && step.charCodeAt(0) === 35 ? this.#name(step, label) : step,
    );
  }

  #name(key: string, label: ExpressionLabel): string {
    const name = this.#names !== undefined && Object.hasOwn(this.#names, key);
    if (!name) {
      throw expressionError(
        label,
        "An expression attribute name used in the document path is not defined; " +
          `attribute name: ${key}`,
      );
    }
    (this.#used ??= new Set()).add(key);
    return this.#names?.[key] as string;
  }

  /** @throws FIRN_TABLE_REQUEST_INVALID when the `:value` is not defined. */
  value(key: string, label: ExpressionLabel): AttributeValue {
    const value = this.#values === undefined ? undefined : attribute(this.#values, key);
    if (value === undefined) {
      throw expressionError(
        label,
        "An expression attribute value used in expression is not defined; " +
          `attribute value: ${key}`,
      );
    }
    (this.#used ??= new Set()).add(key);
    return value;
  }

  /** To be called when every expression is bound. @throws FIRN_TABLE_REQUEST_INVALID. */
  checkAllUsed(): void {
    this.#checkUsed("ExpressionAttributeNames", this.#names);
    this.#checkUsed("ExpressionAttributeValues", this.#values);
  }

  #checkUsed(parameter: string, given: Readonly<Record<string, unknown>> | undefined): void {
    if (given === undefined) return;
    const unused = Object.keys(given).filter((key) => this.#used?.has(key) !== true);
    if (unused.length === 0) return;
    throw invalid(
      `Value provided in ${parameter} unused in expressions: keys: {${unused.join(", ")}}`,
    );
  }
}

function checkKeys(
  parameter: string,
  given: Readonly<Record<string, unknown>>,
  syntax: RegExp,
): void {
  const keys = Object.keys(given);
  if (keys.length === 0) throw invalid(`${parameter} must not be empty`);
  for (const key of keys) {
    if (syntax.test(key)) continue;
    throw invalid(`${parameter} contains invalid key: Syntax error; key: "${key}"`);
  }
}

function checkBoundValue(key: string, value: AttributeValue): void {
  try {
    checkValue(value);
  } catch (error) {
    if (!(error instanceof FirnError) || error.message.startsWith("Nesting Levels")) throw error;
    throw invalid(
      `ExpressionAttributeValues contains invalid value: ${error.message} for key ${key}`,
    );
  }
}
