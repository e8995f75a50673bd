import type { FirnError } from "@firn/core";
import { STATEMENT_DEPTH_MAX } from "../constants.ts";
import { invalid } from "../errors.ts";
import type { Token } from "./lexer.ts";
import { tokenize } from "./lexer.ts";
import { malformed } from "./malformed.ts";

/** Words that a statement is made of: none of them is a name unless it stands in quotes. */
const KEYWORDS: ReadonlySet<string> = new Set(
  (
    "SELECT FROM WHERE AND OR NOT IN BETWEEN IS LIKE NULL MISSING TRUE FALSE ORDER BY ASC DESC " +
    "INSERT INTO VALUE VALUES UPDATE SET REMOVE DELETE RETURNING AS INNER OUTER LEFT RIGHT " +
    "FULL CROSS JOIN ON GROUP HAVING UNION INTERSECT EXCEPT DISTINCT LIMIT OFFSET CASE WHEN " +
    "THEN ELSE END CREATE DROP TABLE INDEX"
  ).split(" "),
);
const OPERATORS: ReadonlySet<string> = new Set(["IS", "LIKE", "IN", "BETWEEN", "AND", "OR"]);

/** A position in the tokens of one statement. */
export class Cursor {
  readonly #source: string;
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(source: string) {
    this.#source = source;
    this.#tokens = tokenize(source);
  }

  get next(): Token {
    return this.#tokens[this.#at] as Token;
  }

  get afterNext(): Token {
    return this.#tokens[this.#at + 1] ?? this.next;
  }

  advance(): Token {
    const token = this.next;
    if (token.kind !== "end") this.#at++;
    return token;
  }

  isSymbol(text: string): boolean {
    return this.next.kind === "symbol" && this.next.text === text;
  }

  take(text: string): boolean {
    if (!this.isSymbol(text)) return false;
    this.#at++;
    return true;
  }

  expect(text: string): void {
    if (!this.take(text)) throw this.unexpected();
  }

  isKeyword(text: string): boolean {
    return this.next.kind === "word" && this.next.text.toUpperCase() === text;
  }

  takeKeyword(text: string): boolean {
    if (!this.isKeyword(text)) return false;
    this.#at++;
    return true;
  }

  expectKeyword(text: string): void {
    if (!this.takeKeyword(text)) throw this.unexpected();
  }

  /** Whether the next token can be a name: a word that is no keyword, or anything in quotes. */
  isName(): boolean {
    const { kind, text } = this.next;
    return kind === "quoted" || (kind === "word" && !KEYWORDS.has(text.toUpperCase()));
  }

  /** Nothing that DynamoDB accepts nests deeper than it has room for. */
  nested<T>(parse: () => T): T {
    if (++this.#depth > STATEMENT_DEPTH_MAX) throw malformed("");
    const result = parse();
    this.#depth--;
    return result;
  }

  /** The statement must be over; one semicolon may stand behind it. */
  finish(): void {
    this.take(";");
    if (this.next.kind !== "end") throw malformed("Unexpected token after expression");
  }

  /** The error of a token where a term should begin. */
  unexpected(): FirnError {
    const { kind, text } = this.next;
    const word = kind === "word" ? text.toUpperCase() : "";
    if (OPERATORS.has(word) || (kind === "symbol" && /^(?:[=<>!|]|<=|>=)/.test(text))) {
      return malformed("Unexpected operator");
    }
    return malformed(KEYWORDS.has(word) ? "Unexpected keyword" : "Unexpected term");
  }

  /** `text` with the place of a token: line, column, length. */
  located(text: string, token: Token): FirnError {
    const before = this.#source.slice(0, token.start);
    const line = before.split("\n").length;
    const column = token.start - before.lastIndexOf("\n");
    return invalid(`${text} at ${line}:${column}:${token.end - token.start}`);
  }
}
