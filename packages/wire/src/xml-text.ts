// Characters that XML 1.0 forbids are written as references all the same: S3 does, since keys may
// hold them, and its clients' parsers let them pass.
const ESCAPED = /[&<>"'\ufffe\uffff]|\p{Cc}/gu;
const WRITTEN: ReadonlyMap<string, string> = new Map([
  ["&", "&amp;"],
  ["<", "&lt;"],
  [">", "&gt;"],
  ['"', "&quot;"],
  ["'", "&apos;"],
  ["\t", "\t"],
  ["\n", "\n"],
]);

/** Text that is safe in elements and in quoted attributes. */
export function escapeXml(text: string): string {
  return text.replace(ESCAPED, (char) => {
    return WRITTEN.get(char) ?? `&#x${char.charCodeAt(0).toString(16).toUpperCase()};`;
  });
}
