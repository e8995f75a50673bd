// Characters that XML 1.0 forbids are written as references all the same: S3 does, since keys may
// hold them, and its clients' parsers let them pass. Lone surrogates have no UTF-8.
const ESCAPED = /[&<>"'\u0000-\u0008\u000b-\u001f\u007f\ufffe\uffff]/g;
const NAMED: ReadonlyMap<string, string> = new Map([
  ["&", "&amp;"],
  ["<", "&lt;"],
  [">", "&gt;"],
  ['"', "&quot;"],
  ["'", "&apos;"],
]);

/** Text that is safe in elements and in quoted attributes. */
export function escapeXml(text: string): string {
  return text.replace(ESCAPED, (char) => {
    return NAMED.get(char) ?? `&#x${char.charCodeAt(0).toString(16).toUpperCase()};`;
  });
}
