import { IN_OPERANDS_MAX } from "../constants.ts";
import type { CallOperand, Comparator, Condition, Operand } from "./ast.ts";
import type { ExpressionLabel } from "./parser.ts";
import {
  expressionError,
  MISUSED_FUNCTION_RANK,
  PARENTHESES_RANK,
  Parser,
  UNKNOWN_FUNCTION_RANK,
} from "./parser.ts";

/*
 * Parentheses may stand around an operand or a condition, and only what follows the closing one
 * tells which. So both are parsed by one set of functions, and each place says what it accepts:
 * an operand alone is legal directly inside parentheses and nowhere else.
 */

const FUNCTIONS: ReadonlySet<string> = new Set([
  "attribute_exists",
  "attribute_not_exists",
  "attribute_type",
  "begins_with",
  "contains",
  "size",
]);
const COMPARATORS: ReadonlySet<string> = new Set(["=", "<>", "<", "<=", ">", ">="]);

type Node = Condition | Operand;

/** Parses a condition, filter or key condition. @throws FIRN_TABLE_REQUEST_INVALID. */
export function parseCondition(source: string, label: ExpressionLabel): Condition {
  const grammar = new ConditionGrammar(new Parser(source, label));
  return grammar.whole();
}

/** A call is both: `size` is an operand, the other functions are conditions. */
function isOperand(node: Node): node is Operand {
  return node.kind === "path" || node.kind === "value" || node.kind === "call";
}

class ConditionGrammar {
  readonly #parser: Parser;
  /** Nodes that stood in parentheses of their own. */
  readonly #wrapped = new WeakSet<Node>();

  constructor(parser: Parser) {
    this.#parser = parser;
  }

  whole(): Condition {
    const node = this.#condition(this.#or(false));
    this.#parser.finish();
    return node;
  }

  #or(operandAllowed: boolean): Node {
    return this.#parser.nested(() =>
      this.#chain("OR", "or", () => this.#chain("AND", "and", () => this.#not(operandAllowed))),
    );
  }

  #chain(keyword: string, kind: "and" | "or", parse: () => Node): Node {
    const first = parse();
    if (!this.#parser.isKeyword(keyword)) return first;
    const terms = [this.#condition(first)];
    while (this.#parser.takeKeyword(keyword)) {
      this.#parser.countOperator();
      terms.push(this.#condition(parse()));
    }
    return { kind, terms };
  }

  #not(operandAllowed: boolean): Node {
    if (!this.#parser.takeKeyword("NOT")) return this.#comparison(operandAllowed);
    this.#parser.countOperator();
    const term = this.#parser.nested(() => this.#not(false));
    return { kind: "not", term: this.#condition(term) };
  }

  #comparison(operandAllowed: boolean): Node {
    const left = this.#primary();
    if (!isOperand(left)) return left;
    const token = this.#parser.next;
    if (token.kind === "symbol" && COMPARATORS.has(token.text)) {
      this.#parser.advance();
      this.#parser.countOperator();
      const operator = token.text as Comparator;
      return { kind: "compare", operator, left: this.#value(left), right: this.#operand() };
    }
    if (this.#parser.takeKeyword("BETWEEN")) return this.#between(this.#value(left));
    if (this.#parser.takeKeyword("IN")) return this.#in(this.#value(left));
    if (left.kind === "call" || (operandAllowed && this.#parser.isSymbol(")"))) return left;
    throw this.#parser.syntaxError();
  }

  #between(operand: Operand): Node {
    this.#parser.countOperator();
    const low = this.#operand();
    if (!this.#parser.takeKeyword("AND")) throw this.#parser.syntaxError();
    return { kind: "between", operand, low, high: this.#operand() };
  }

  #in(operand: Operand): Node {
    this.#parser.countOperator();
    this.#parser.expect("(");
    const among = this.#list();
    if (among.length > IN_OPERANDS_MAX) {
      throw expressionError(
        this.#parser.label,
        "Invalid number of operands for operator or function; " +
          `operator or function: IN, number of operands: ${among.length}`,
      );
    }
    return { kind: "in", operand, among };
  }

  /** An operand, a function, or anything in parentheses. */
  #primary(): Node {
    const parser = this.#parser;
    if (!parser.take("(")) return this.#bare();
    const inner = this.#or(true);
    parser.expect(")");
    if (this.#wrapped.has(inner)) {
      parser.postpone(PARENTHESES_RANK, "The expression has redundant parentheses;");
    }
    this.#wrapped.add(inner);
    return inner;
  }

  #operand(): Operand {
    const node = this.#primary();
    if (!isOperand(node)) throw this.#parser.syntaxError();
    return this.#value(node);
  }

  #bare(): Operand {
    const parser = this.#parser;
    if (parser.next.kind === "value") return { kind: "value", name: parser.advance().text };
    if (parser.next.kind === "word" && parser.afterNext?.text === "(") return this.#call();
    return { kind: "path", path: parser.path() };
  }

  #call(): CallOperand {
    const parser = this.#parser;
    const name = parser.advance().text;
    parser.countOperator();
    parser.expect("(");
    if (!FUNCTIONS.has(name)) {
      parser.postpone(UNKNOWN_FUNCTION_RANK, `Invalid function name; function: ${name}`);
    }
    return parser.nested(() => ({ kind: "call", name, args: this.#list() }));
  }

  /** Operands up to the closing parenthesis. */
  #list(): Operand[] {
    const operands = [this.#operand()];
    while (this.#parser.take(",")) operands.push(this.#operand());
    this.#parser.expect(")");
    return operands;
  }

  /** A node in the place of a value: of the functions only `size` has one. */
  #value(node: Operand): Operand {
    if (node.kind === "call" && node.name !== "size") this.#misused(node.name);
    return node;
  }

  /** A node in the place of a condition. */
  #condition(node: Node): Condition {
    if (node.kind === "path" || node.kind === "value") throw this.#parser.syntaxError();
    if (node.kind === "call" && node.name === "size") this.#misused(node.name);
    return node;
  }

  #misused(name: string): void {
    this.#parser.postpone(
      MISUSED_FUNCTION_RANK,
      `The function is not allowed to be used this way in an expression; function: ${name}`,
    );
  }
}
