import { EXPRESSION_BYTES_MAX, EXPRESSION_OPERATORS_MAX, PATH_DEPTH_MAX } from "../constants.ts";
import { invalid } from "../errors.ts";
import type { RawPath } from "./ast.ts";
import type { Token } from "./lexer.ts";
import { tokenize } from "./lexer.ts";
import { isReserved } from "./reserved-words.ts";

/** The parameter that an expression came in: what errors are prefixed with. */
export type ExpressionLabel =
  | "ConditionExpression"
  | "FilterExpression"
  | "KeyConditionExpression"
  | "ProjectionExpression"
  | "UpdateExpression";

/** An error in an expression, as DynamoDB words it. */
export function expressionError(label: ExpressionLabel, text: string): Error {
  return invalid(`Invalid ${label}: ${text}`);
}

/**
 * What the three grammars share: a cursor over tokens, paths, and the errors that are only
 * reported when the whole text has been read, because a syntax error further on comes first.
 */
export class Parser {
  readonly label: ExpressionLabel;
  readonly #source: string;
  readonly #tokens: readonly Token[];
  /** Reported in this order, the first of each kind. */
  readonly #postponed: (string | undefined)[] = [];
  #at = 0;
  #operators = 0;
  #depth = 0;

  /** @throws FIRN_TABLE_REQUEST_INVALID for an empty text and one above 4 KiB. */
  constructor(source: string, label: ExpressionLabel) {
    this.label = label;
    this.#source = source;
    if (source === "") throw expressionError(label, "The expression can not be empty;");
    const bytes = Buffer.byteLength(source);
    if (bytes > EXPRESSION_BYTES_MAX) {
      throw expressionError(
        label,
        `Expression size has exceeded the maximum allowed size; expression size: ${bytes}`,
      );
    }
    this.#tokens = tokenize(source);
  }

  get next(): Token {
    return this.#tokens[this.#at] as Token;
  }

  /** The token behind the next one. */
  get afterNext(): Token | undefined {
    return this.#tokens[this.#at + 1];
  }

  advance(): Token {
    const token = this.next;
    if (token.kind !== "end") this.#at++;
    return token;
  }

  isSymbol(text: string): boolean {
    return this.next.kind === "symbol" && this.next.text === text;
  }

  /** Keywords are words in any case. */
  isKeyword(text: string): boolean {
    return this.next.kind === "word" && this.next.text.toUpperCase() === text;
  }

  /** Takes the symbol if it is there. */
  take(text: string): boolean {
    if (!this.isSymbol(text)) return false;
    this.#at++;
    return true;
  }

  takeKeyword(text: string): boolean {
    if (!this.isKeyword(text)) return false;
    this.#at++;
    return true;
  }

  expect(text: string): void {
    if (!this.take(text)) throw this.syntaxError();
  }

  /** An error at the next token, with the tokens around it. */
  syntaxError(): Error {
    const token = this.next;
    const before = this.#tokens[this.#at - 1] ?? token;
    const after = token.kind === "end" ? token : (this.afterNext as Token);
    const near = this.#source.slice(before.start, after.end).trimEnd();
    return expressionError(this.label, `Syntax error; token: "${token.text}", near: "${near}"`);
  }

  /** Reports `text` at the end, unless something of a lower rank is wrong too. */
  postpone(rank: number, text: string): void {
    this.#postponed[rank] ??= text;
  }

  /** To be called when the grammar is satisfied. */
  finish(): void {
    if (this.next.kind !== "end") throw this.syntaxError();
    const first = this.#postponed.find((text) => text !== undefined);
    if (first !== undefined) throw expressionError(this.label, first);
  }

  countOperator(): void {
    this.#operators++;
    if (this.#operators <= EXPRESSION_OPERATORS_MAX) return;
    throw expressionError(
      this.label,
      `The expression contains too many operators; operator count: ${this.#operators}`,
    );
  }

  /** Bounds recursion: nothing that DynamoDB accepts nests deeper than it has operators. */
  nested<T>(parse: () => T): T {
    this.#depth++;
    if (this.#depth > EXPRESSION_OPERATORS_MAX) {
      throw expressionError(
        this.label,
        `The expression contains too many operators; operator count: ${this.#depth}`,
      );
    }
    const result = parse();
    this.#depth--;
    return result;
  }

  /** `name`, `name.name`, `name[0]`, with `#names` unresolved. */
  path(): RawPath {
    const path: (string | number)[] = [this.#identifier()];
    for (;;) {
      if (this.take(".")) {
        path.push(this.#identifier());
      } else if (this.take("[")) {
        if (this.next.kind !== "number") throw this.syntaxError();
        path.push(this.#index(this.advance().text));
        this.expect("]");
      } else {
        break;
      }
    }
    if (path.length > PATH_DEPTH_MAX) {
      throw expressionError(
        this.label,
        `The document path has too many nesting levels; nesting levels: ${path.length}`,
      );
    }
    return path;
  }

  #identifier(): string {
    const token = this.next;
    if (token.kind !== "word" && token.kind !== "name") throw this.syntaxError();
    this.#at++;
    if (token.kind === "word" && isReserved(token.text)) {
      this.postpone(
        RESERVED_RANK,
        `Attribute name is a reserved keyword; reserved keyword: ${token.text}`,
      );
    }
    return token.text;
  }

  #index(digits: string): number {
    const index = Number(digits);
    if (index <= 0x7fff_ffff) return index;
    throw expressionError(
      this.label,
      `List index is not within the allowable range; index: [${digits}]`,
    );
  }
}

/** Ranks of postponed errors: what DynamoDB reports first when several things are wrong. */
export const PARENTHESES_RANK = 0;
export const UNKNOWN_FUNCTION_RANK = 1;
export const MISUSED_FUNCTION_RANK = 2;
export const RESERVED_RANK = 3;
/** Update expressions report a reserved word before an unknown function. */
export const UPDATE_FUNCTION_RANK = 4;
export const SECTION_RANK = 5;
