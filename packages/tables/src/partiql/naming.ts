import { invalid } from "../errors.ts";
import { checkValue } from "../value/check-value.ts";
import type { Operand, RawPath } from "../expression/ast.ts";
import type { Path } from "../expression/path.ts";
import type { AttributeValue } from "../value/attribute-value.ts";

/**
 * The names and values of one statement, numbered as they come: `#n0` and `:v0` in its parsed
 * form. So a name that holds dots, or is reserved, is as good as any other.
 */
export class Naming {
  readonly #names: string[] = [];
  readonly #values: AttributeValue[] = [];
  readonly #parameters: readonly AttributeValue[];
  #parametersUsed = 0;

  constructor(parameters: readonly AttributeValue[]) {
    this.#parameters = parameters;
  }

  nameKey(name: string): string {
    let at = this.#names.indexOf(name);
    if (at === -1) at = this.#names.push(name) - 1;
    return `#n${at}`;
  }

  valueKey(value: AttributeValue): string {
    return `:v${this.#values.push(value) - 1}`;
  }

  /** The next value of the request's parameters. @throws FIRN_TABLE_REQUEST_INVALID. */
  parameter(): AttributeValue {
    const value = this.#parameters[this.#parametersUsed++];
    if (value === undefined) throw parameterCount();
    checkValue(value);
    return value;
  }

  /** @throws FIRN_TABLE_REQUEST_INVALID when parameters are left over. */
  checkAllUsed(): void {
    if (this.#parametersUsed !== this.#parameters.length) throw parameterCount();
  }

  nameOf(key: string): string {
    return this.#names[Number(key.slice(2))] as string;
  }

  valueOf(key: string): AttributeValue {
    return this.#values[Number(key.slice(2))] as AttributeValue;
  }

  pathOf(raw: RawPath): Path {
    return raw.map((step) => (typeof step === "string" ? this.nameOf(step) : step));
  }

  /** The attribute that an operand is, if it is a whole one. */
  attributeOf(operand: Operand | undefined): string | undefined {
    if (operand?.kind !== "path" || operand.path.length !== 1) return undefined;
    return this.nameOf(operand.path[0] as string);
  }

  constantOf(operand: Operand | undefined): AttributeValue | undefined {
    return operand?.kind === "value" ? this.valueOf(operand.name) : undefined;
  }
}

function parameterCount(): Error {
  return invalid("Number of parameters in request and statement don't match.");
}
