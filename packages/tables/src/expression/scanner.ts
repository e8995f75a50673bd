/** What a lexer cut out of its source. */
export interface Lexeme<Kind extends string> {
  readonly kind: Kind;
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** How a language is cut into tokens. */
export interface Lexicon<Kind extends string> {
  /** What stands between tokens; sticky, and matches nothing too. */
  readonly space: RegExp;
  /** One token; sticky, with a named group for each kind. */
  readonly token: RegExp;
  /** The text of a token behind the last one. */
  readonly end: string;
  /** The text of a token, as it stands in the source. */
  unquoted?(text: string): string;
  /** What stands where no token matches; or throws. */
  bad(source: string, start: number): Lexeme<Kind>;
}

/** Cuts a source into tokens; the last is of kind `end`. @throws what `bad` throws. */
export function scan<Kind extends string>(
  source: string,
  lexicon: Lexicon<Kind | "end">,
): Lexeme<Kind | "end">[] {
  const { space } = lexicon;
  const tokens: Lexeme<Kind | "end">[] = [];
  let at = 0;
  for (;;) {
    space.lastIndex = at;
    space.test(source);
    at = space.lastIndex;
    if (at >= source.length) break;
    const token = readToken(source, at, lexicon);
    tokens.push(token);
    at = token.end;
  }
  tokens.push({ kind: "end", text: lexicon.end, start: source.length, end: source.length });
  return tokens;
}

function readToken<Kind extends string>(
  source: string,
  start: number,
  lexicon: Lexicon<Kind>,
): Lexeme<Kind> {
  lexicon.token.lastIndex = start;
  const groups = lexicon.token.exec(source)?.groups;
  for (const kind in groups) {
    const text = groups[kind];
    if (text === undefined) continue;
    const shown = lexicon.unquoted?.(text) ?? text;
    return { kind: kind as Kind, text: shown, start, end: start + text.length };
  }
  return lexicon.bad(source, start);
}
