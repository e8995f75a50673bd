import type { Lexeme, Lexicon } from "./scanner.ts";
import { scan } from "./scanner.ts";

type Kind = "word" | "name" | "value" | "number" | "symbol" | "bad" | "end";

/** One token; `text` is as written. `end`: behind the last one, shown to clients as <EOF>. */
export type Token = Lexeme<Kind>;

const LEXICON: Lexicon<Kind> = {
  space: /[ \t\r\n]*/y,
  token:
    /(?<word>[A-Za-z_][A-Za-z0-9_]*)|(?<name>#[A-Za-z0-9_]+)|(?<value>:[A-Za-z0-9_]+)|(?<number>[0-9]+)|(?<symbol><>|<=|>=|[=<>()[\].,+-])/y,
  end: "<EOF>",
  bad(source, start) {
    const text = String.fromCodePoint(source.codePointAt(start) as number);
    return { kind: "bad", text, start, end: start + text.length };
  },
};

/** Cuts an expression into tokens. What fits nothing becomes a `bad` token of one character. */
export function tokenize(source: string): Token[] {
  return scan(source, LEXICON);
}
