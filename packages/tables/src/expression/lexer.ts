/** One token; `text` is as written. `end`: behind the last one, shown to clients as <EOF>. */
export interface Token {
  readonly kind: "word" | "name" | "value" | "number" | "symbol" | "bad" | "end";
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const SPACE = /[ \t\r\n]*/y;
const TOKEN =
  /(?<word>[A-Za-z_][A-Za-z0-9_]*)|(?<name>#[A-Za-z0-9_]+)|(?<value>:[A-Za-z0-9_]+)|(?<number>[0-9]+)|(?<symbol><>|<=|>=|[=<>()[\].,+-])/y;

/** Cuts an expression into tokens. What fits nothing becomes a `bad` token of one character. */
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
  tokens.push({ kind: "end", text: "<EOF>", start: source.length, end: source.length });
  return tokens;
}

function readToken(source: string, start: number): Token {
  TOKEN.lastIndex = start;
  const groups = TOKEN.exec(source)?.groups;
  for (const kind in groups) {
    const text = groups[kind];
    if (text === undefined) continue;
    return { kind: kind as Token["kind"], text, start, end: start + text.length };
  }
  const text = String.fromCodePoint(source.codePointAt(start) as number);
  return { kind: "bad", text, start, end: start + text.length };
}
