/** Percent-encoding as SigV4 wants it: all but A-Z a-z 0-9 - . _ ~, in capitals, space as %20. */

export interface EncodingRules {
  /** Leave `/` as it is: in paths. */
  readonly slash?: boolean | undefined;
  /** Read `+` as a space: in queries, as HTML forms write them. */
  readonly plusIsSpace?: boolean | undefined;
  /** Encode `%` itself, so that what was encoded once is encoded twice. */
  readonly twice?: boolean | undefined;
}

/** The escapes that are canonical: capitals, and of bytes that may not stand for themselves. */
const escape = "%(?:[0189A-F][0-9A-F]|2[0-9A-CF]|3[A-F]|40|5[B-E]|60|7[B-DF])";
const clean = /^[A-Za-z0-9\-._~]*$/;
const cleanPath = /^[A-Za-z0-9\-._~/]*$/;
const canonical = new RegExp(`^(?:[A-Za-z0-9\\-._~]|${escape})*$`);
const canonicalPath = new RegExp(`^(?:[A-Za-z0-9\\-._~/]|${escape})*$`);
const hexPair = /^[0-9A-Fa-f]{2}$/;

/**
 * Brings text from a request line into canonical encoding, without decoding it as UTF-8: escapes
 * are rewritten in place, so bytes that are no UTF-8 stay what they are. Characters up to U+00FF
 * are bytes, as Node reads a request line; higher ones are encoded as UTF-8.
 */
export function canonicalEncoding(text: string, rules: EncodingRules = {}): string {
  const twice = rules.twice === true;
  if (
    rules.slash === true ? (twice ? cleanPath : canonicalPath).test(text) : canonical.test(text)
  ) {
    return text;
  }
  let out = "";
  for (let i = 0; i < text.length; i++) {
    const char = text[i] as string;
    if (char === "%" && !twice && hexPair.test(text.slice(i + 1, i + 3))) {
      out += encodedByte(Number.parseInt(text.slice(i + 1, i + 3), 16));
      i += 2;
    } else if (char === "/" && rules.slash === true) {
      out += char;
    } else if (char === "+" && rules.plusIsSpace === true) {
      out += "%20";
    } else {
      const code = text.codePointAt(i) as number;
      if (code > 0xffff) i++;
      out += code <= 0xff ? encodedByte(code) : encodeURIComponent(wellFormed(code));
    }
  }
  return out;
}

/** Half a surrogate pair stands for nothing; it becomes U+FFFD, as in Node's own UTF-8. */
function wellFormed(code: number): string {
  return code >= 0xd800 && code <= 0xdfff ? "\ufffd" : String.fromCodePoint(code);
}

function encodedByte(byte: number): string {
  const char = String.fromCharCode(byte);
  if (clean.test(char)) return char;
  return `%${byte < 16 ? "0" : ""}${byte.toString(16).toUpperCase()}`;
}

/** What an encoded query name or value says; undecodable escapes are left as they are. */
export function decoded(text: string): string {
  const spaced = text.replaceAll("+", " ");
  if (!spaced.includes("%")) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced;
  }
}
