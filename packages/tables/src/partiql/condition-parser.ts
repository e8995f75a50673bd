import { IN_OPERANDS_MAX } from "../constants.ts";
import { invalid } from "../errors.ts";
import type { CallOperand, Comparator, Condition, Operand, RawPath } from "../expression/ast.ts";
import type { Cursor } from "./cursor.ts";
import type { Token } from "./lexer.ts";
import { malformed } from "./malformed.ts";
import type { Naming } from "./naming.ts";
import { isValueNext, parseValue } from "./value-parser.ts";

const COMPARATORS: Readonly<Record<string, Comparator>> = {
  "=": "=",
  "<>": "<>",
  "!=": "<>",
  "<": "<",
  "<=": "<=",
  ">": ">",
  ">=": ">=",
};
const PREDICATES: ReadonlySet<string> = new Set([
  "attribute_exists",
  "attribute_not_exists",
  "attribute_type",
  "begins_with",
  "contains",
]);
/** Types that PartiQL can test for and DynamoDB does not. */
const TYPE_NAMES =
  /^(?:BOOL|BOOLEAN|SMALLINT|INT|INT2|INT4|INT8|INTEGER|FLOAT|REAL|DOUBLE|DECIMAL|NUMERIC|TIMESTAMP|CHAR|CHARACTER|VARCHAR|STRING|SYMBOL|CLOB|BLOB|STRUCT|TUPLE|LIST|SEXP|BAG|ANY)$/i;

/** `a`, `a.b`, `a[0]`, quoted or not. */
export function parsePath(cursor: Cursor, naming: Naming): RawPath {
  if (!cursor.isName()) throw cursor.unexpected();
  const path: (string | number)[] = [naming.nameKey(cursor.advance().text)];
  for (;;) {
    if (cursor.take(".")) {
      if (!cursor.isName()) throw malformed("Invalid path dot component");
      path.push(naming.nameKey(cursor.advance().text));
    } else if (cursor.take("[")) {
      path.push(parseIndex(cursor, naming));
      cursor.expect("]");
    } else {
      return path;
    }
  }
}

function parseIndex(cursor: Cursor, naming: Naming): string | number {
  const { kind, text } = cursor.next;
  if (kind === "string") return naming.nameKey(cursor.advance().text);
  if (kind !== "number" || !/^\d{1,10}$/.test(text)) throw cursor.unexpected();
  cursor.advance();
  return Number(text);
}

/** What stands behind WHERE. @throws FIRN_TABLE_REQUEST_INVALID. */
export function parseCondition(cursor: Cursor, naming: Naming): Condition {
  return new ConditionGrammar(cursor, naming).or();
}

class ConditionGrammar {
  readonly #cursor: Cursor;
  readonly #naming: Naming;

  constructor(cursor: Cursor, naming: Naming) {
    this.#cursor = cursor;
    this.#naming = naming;
  }

  or(): Condition {
    return this.#cursor.nested(() =>
      this.#chain("or", () => this.#chain("and", () => this.#not())),
    );
  }

  #chain(kind: "and" | "or", parse: () => Condition): Condition {
    const terms = [parse()];
    while (this.#cursor.takeKeyword(kind.toUpperCase())) {
      const { kind: next } = this.#cursor.next;
      if (next === "end" || this.#cursor.isSymbol(";") || this.#cursor.isSymbol(")")) {
        throw malformed("Missing right-hand side expression of infix operator");
      }
      terms.push(parse());
    }
    return terms.length === 1 ? (terms[0] as Condition) : { kind, terms: flat(kind, terms) };
  }

  #not(): Condition {
    if (!this.#cursor.takeKeyword("NOT")) return this.#primary();
    return { kind: "not", term: this.#cursor.nested(() => this.#not()) };
  }

  #primary(): Condition {
    const cursor = this.#cursor;
    if (cursor.take("(")) {
      const inner = this.or();
      cursor.expect(")");
      return inner;
    }
    const { next } = cursor;
    if (next.kind === "word" && cursor.afterNext.text === "(" && !this.#isSize(next)) {
      return this.#predicate(cursor.advance());
    }
    return this.#comparison(this.#operand());
  }

  #isSize({ text }: Token): boolean {
    return text.toLowerCase() === "size";
  }

  #predicate(token: Token): CallOperand {
    const name = token.text.toLowerCase();
    if (!PREDICATES.has(name)) {
      throw this.#cursor.located(`Unrecognized function: ${name}`, token);
    }
    const args = this.#arguments();
    if (args.length > 0) return { kind: "call", name, args };
    throw invalid(
      "Incorrect number of operands for operator or function; " +
        `operator or function: ${name}, number of operands: 0`,
    );
  }

  #arguments(): Operand[] {
    const cursor = this.#cursor;
    const operands: Operand[] = [];
    cursor.expect("(");
    if (cursor.take(")")) return operands;
    do operands.push(cursor.nested(() => this.#operand()));
    while (cursor.take(","));
    cursor.expect(")");
    return operands;
  }

  #operand(): Operand {
    const cursor = this.#cursor;
    const { next } = cursor;
    if (isValueNext(cursor)) return this.#constant();
    if (next.kind !== "word" || cursor.afterNext.text !== "(") {
      return { kind: "path", path: parsePath(cursor, this.#naming) };
    }
    cursor.advance();
    const name = next.text.toLowerCase();
    if (name !== "size") throw cursor.located(`Unrecognized function: ${name}`, next);
    return { kind: "call", name, args: this.#arguments() };
  }

  #constant(): Operand {
    const value = parseValue(this.#cursor, this.#naming);
    return { kind: "value", name: this.#naming.valueKey(value) };
  }

  #comparison(left: Operand): Condition {
    const cursor = this.#cursor;
    const { kind, text } = cursor.next;
    const operator = kind === "symbol" ? COMPARATORS[text] : undefined;
    if (operator !== undefined) {
      cursor.advance();
      return { kind: "compare", operator, left, right: this.#operand() };
    }
    if (cursor.takeKeyword("IS")) return this.#is(left);
    if (!cursor.takeKeyword("NOT")) return this.#ranged(left);
    return { kind: "not", term: this.#ranged(left) };
  }

  /** BETWEEN and IN, either of them behind NOT too. */
  #ranged(operand: Operand): Condition {
    const cursor = this.#cursor;
    if (cursor.takeKeyword("BETWEEN")) {
      const low = this.#operand();
      cursor.expectKeyword("AND");
      return { kind: "between", operand, low, high: this.#operand() };
    }
    if (cursor.takeKeyword("IN")) return { kind: "in", operand, among: this.#among() };
    throw cursor.unexpected();
  }

  #among(): Operand[] {
    const cursor = this.#cursor;
    const close = cursor.take("[") ? "]" : ")";
    if (close === ")") cursor.expect("(");
    const among: Operand[] = [];
    do among.push(this.#operand());
    while (cursor.take(","));
    cursor.expect(close);
    if (among.length <= IN_OPERANDS_MAX) return among;
    throw invalid(
      "Invalid number of operands for operator or function; " +
        `operator or function: IN, number of operands: ${among.length}`,
    );
  }

  #is(operand: Operand): Condition {
    const cursor = this.#cursor;
    const negated = cursor.takeKeyword("NOT");
    if (cursor.takeKeyword("MISSING")) {
      const name = negated ? "attribute_exists" : "attribute_not_exists";
      return { kind: "call", name, args: [operand] };
    }
    if (cursor.takeKeyword("NULL")) {
      const type: Operand = { kind: "value", name: this.#naming.valueKey({ S: "NULL" }) };
      const term: Condition = { kind: "call", name: "attribute_type", args: [operand, type] };
      return negated ? { kind: "not", term } : term;
    }
    if (TYPE_NAMES.test(cursor.next.text)) throw invalid("Unsupported operation: IsType");
    throw malformed("Expected type name");
  }
}

/** Parentheses that change nothing are forgotten. */
function flat(kind: "and" | "or", terms: readonly Condition[]): Condition[] {
  return terms.flatMap((term) => (term.kind === kind ? term.terms : [term]));
}
