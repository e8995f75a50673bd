const ALPHABET = /^[A-Za-z0-9+/]*={0,2}$/;
const LAST = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/**
 * Whether text (of a length that is a multiple of four) is base64 in its one canonical form: the
 * bits that the last character has too many must be zero, or two texts would be the same bytes.
 */
export function isBase64(text: string): boolean {
  if (!ALPHABET.test(text)) return false;
  if (text.endsWith("==")) return (LAST.indexOf(text.charAt(text.length - 3)) & 15) === 0;
  if (text.endsWith("=")) return (LAST.indexOf(text.charAt(text.length - 2)) & 3) === 0;
  return true;
}
