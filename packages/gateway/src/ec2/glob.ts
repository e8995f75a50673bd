/**
 * Whether `text` fits a filter's value: `*` stands for any run of characters, `?` for one, and a
 * backslash takes the meaning of either away. Not a regular expression, because many `*` in one
 * would take time that grows with the power of their number; this is O(value × text).
 */
export function matchesGlob(value: string, text: string): boolean {
  const tokens = tokensOf(value);
  let token = 0;
  let at = 0;
  let star = -1;
  let starAt = 0;
  while (at < text.length) {
    const expected = tokens[token];
    if (expected === ANY_RUN) {
      star = token++;
      starAt = at;
    } else if (expected === ANY_ONE || expected === text[at]) {
      token++;
      at++;
    } else if (star < 0) {
      return false;
    } else {
      // The last `*` takes one more character.
      token = star + 1;
      at = ++starAt;
    }
  }
  while (tokens[token] === ANY_RUN) token++;
  return token === tokens.length;
}

const ANY_RUN = 0;
const ANY_ONE = 1;
type Token = string | typeof ANY_RUN | typeof ANY_ONE;

function tokensOf(value: string): readonly Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < value.length; at++) {
    const char = value.charAt(at);
    const next = value.charAt(at + 1);
    if (char === "\\" && (next === "*" || next === "?" || next === "\\")) {
      tokens.push(next);
      at++;
    } else if (char === "*") {
      tokens.push(ANY_RUN);
    } else {
      tokens.push(char === "?" ? ANY_ONE : char);
    }
  }
  return tokens;
}
