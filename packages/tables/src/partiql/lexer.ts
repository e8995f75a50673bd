import type { Lexeme, Lexicon } from "../expression/scanner.ts";
import { scan } from "../expression/scanner.ts";
import { malformed } from "./malformed.ts";

type Kind = "word" | "quoted" | "string" | "number" | "parameter" | "symbol" | "end";

/** One token. `text` of names and strings is without quotes, of words as written. */
export type Token = Lexeme<Kind>;

const LEXICON: Lexicon<Kind> = {
  space: /(?:[ \t\r\n]+|--[^\n]*|\/\*[^]*?\*\/)*/y,
  token:
    /(?<word>[A-Za-z_$][A-Za-z0-9_$]*)|(?<quoted>"(?:[^"]|"")*")|(?<string>'(?:[^']|'')*')|(?<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)|(?<parameter>\?)|(?<symbol><<|>>|<>|!=|<=|>=|\|\||[=<>()[\]{}.,:;*+-])/y,
  end: "",
  unquoted,
  bad() {
    throw malformed("");
  },
};

/** Cuts a statement into tokens. @throws FIRN_TABLE_REQUEST_INVALID for what fits none. */
export function tokenize(source: string): Token[] {
  return scan(source, LEXICON);
}

/** A quote within quotes is written twice. */
function unquoted(text: string): string {
  const quote = text[0];
  if (quote !== "'" && quote !== '"') return text;
  return text.slice(1, -1).replaceAll(quote + quote, quote);
}
