import type { Condition, Operand, RawPath, SetValue, UpdateAction } from "../expression/ast.ts";
import type { ExpressionAttributes } from "../expression/bindings.ts";
import type { AttributeValue } from "../value/attribute-value.ts";
import type { Naming } from "./naming.ts";

const SECTIONS = { set: "SET", remove: "REMOVE", add: "ADD", delete: "DELETE" } as const;

/**
 * Writes parts of a statement as expressions, and remembers which names and values they use: a
 * request must bring those and no others.
 */
export class ExpressionWriter {
  readonly #naming: Naming;
  readonly #names: Record<string, string> = {};
  readonly #values: Record<string, AttributeValue> = {};

  constructor(naming: Naming) {
    this.#naming = naming;
  }

  get attributes(): ExpressionAttributes {
    return {
      expressionAttributeNames: filled(this.#names),
      expressionAttributeValues: filled(this.#values),
    };
  }

  condition(condition: Condition): string {
    switch (condition.kind) {
      case "and":
      case "or": {
        const terms = condition.terms.map((term) => this.#grouped(term));
        return terms.join(condition.kind === "and" ? " AND " : " OR ");
      }
      case "not":
        return `NOT ${this.#grouped(condition.term)}`;
      case "compare":
        return [condition.left, condition.right]
          .map((operand) => this.#operand(operand))
          .join(` ${condition.operator} `);
      case "between": {
        const [operand, low, high] = [condition.operand, condition.low, condition.high].map(
          (each) => this.#operand(each),
        );
        return `${operand} BETWEEN ${low} AND ${high}`;
      }
      case "in": {
        const among = condition.among.map((each) => this.#operand(each));
        return `${this.#operand(condition.operand)} IN (${among.join(", ")})`;
      }
      case "call":
        return this.#operand(condition);
    }
  }

  /** The name of an attribute, for an expression. */
  name(attribute: string): string {
    return this.path([this.#naming.nameKey(attribute)]);
  }

  path(path: RawPath): string {
    let text = "";
    for (const step of path) {
      if (typeof step === "number") {
        text += `[${step}]`;
        continue;
      }
      this.#names[step] = this.#naming.nameOf(step);
      text += text === "" ? step : `.${step}`;
    }
    return text;
  }

  /** Actions section by section: the order of sections changes nothing. */
  update(actions: readonly UpdateAction[]): string {
    const kinds = ["set", "remove", "add", "delete"] as const;
    return kinds
      .map((kind) => {
        const texts = actions
          .filter((action) => action.kind === kind)
          .map((action) => this.#action(action));
        return texts.length === 0 ? "" : `${SECTIONS[kind]} ${texts.join(", ")}`;
      })
      .filter((section) => section !== "")
      .join(" ");
  }

  #grouped(condition: Condition): string {
    const text = this.condition(condition);
    return condition.kind === "and" || condition.kind === "or" ? `(${text})` : text;
  }

  #action(action: UpdateAction): string {
    const path = this.path(action.path);
    if (action.kind === "remove") return path;
    const value = this.#setValue(action.value);
    return action.kind === "set" ? `${path} = ${value}` : `${path} ${value}`;
  }

  #setValue(value: SetValue): string {
    if (value.kind === "call") {
      return `${value.name}(${value.args.map((arg) => this.#setValue(arg)).join(", ")})`;
    }
    if (value.kind !== "arithmetic") return this.#operand(value);
    const [left, right] = [value.left, value.right].map((side) => {
      const text = this.#setValue(side);
      return side.kind === "arithmetic" ? `(${text})` : text;
    });
    return `${left} ${value.operator} ${right}`;
  }

  #operand(operand: Operand): string {
    switch (operand.kind) {
      case "path":
        return this.path(operand.path);
      case "value":
        this.#values[operand.name] = this.#naming.valueOf(operand.name);
        return operand.name;
      case "call":
        return `${operand.name}(${operand.args.map((arg) => this.#operand(arg)).join(", ")})`;
    }
  }
}

/** An empty parameter is an error of its own. */
function filled<T extends object>(parameter: T): T | undefined {
  return Object.keys(parameter).length === 0 ? undefined : parameter;
}
