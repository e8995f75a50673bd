import { malformed } from "./malformed.ts";

/** One token. `text` of names and strings is without quotes, of words as written. */
export interface Token {
  readonly kind: "word" | "quoted" | "string" | "number" | "parameter" | "symbol" | "end";
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const SPACE = /(?:[ \t\r\n]+|--[^\n]*|\/\*[^]*?\*\/)*/y;
const TOKEN =
  /(?<word>[A-Za-z_$][A-Za-z0-9_$]*)|(?<quoted>"(?:[^"]|"")*")|(?<string>'(?:[^']|'')*')|(?<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)|(?<parameter>\?)|(?<symbol><<|>>|<>|!=|<=|>=|\|\||[=<>()[\]{}.,:;*+-])/y;

/** Cuts a statement into tokens. @throws FIRN_TABLE_REQUEST_INVALID for what fits none. */
export function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    SPACE.lastIndex = at;
    SPACE.test(source);
    at = SPACE.lastIndex;
    if (at >= source.length) break;
    const token = readToken(source, at);
    tokens.push(token);
    at = token.end;
  }
  tokens.push({ kind: "end", text: "", start: source.length, end: source.length });
  return tokens;
}

function readToken(source: string, start: number): Token {
  TOKEN.lastIndex = start;
  const groups = TOKEN.exec(source)?.groups;
  for (const kind in groups) {
    const text = groups[kind];
    if (text === undefined) continue;
    return {
      kind: kind as Token["kind"],
      text: unquoted(text),
      start,
      end: start + text.length,
    };
  }
  throw malformed("");
}

/** A quote within quotes is written twice. */
function unquoted(text: string): string {
  const quote = text[0];
  if (quote !== "'" && quote !== '"') return text;
  return text.slice(1, -1).replaceAll(quote + quote, quote);
}
