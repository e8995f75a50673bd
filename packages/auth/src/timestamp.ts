/** Times as signatures write them: ISO 8601 basic format, UTC, whole seconds. */

const basicFormat = /^\d{8}T\d{6}Z$/;

/** Milliseconds since 1970 UTC of `YYYYMMDDTHHMMSSZ`; undefined when it is none or no real date. */
export function parseTimestamp(text: string): number | undefined {
  if (!basicFormat.test(text)) return undefined;
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2);
  const month = twoDigits(text, 4);
  const day = twoDigits(text, 6);
  const [hour, minute, second] = [twoDigits(text, 9), twoDigits(text, 11), twoDigits(text, 13)];
  if (month < 1 || month > 12 || hour > 23 || minute > 59 || second > 59) return undefined;
  const midnight = Date.UTC(year, month - 1, day);
  // Date.UTC carries 31 February over into March, and the day before the 1st into the month before.
  if (day < 1 || midnight >= Date.UTC(year, month, 1)) return undefined;
  return midnight + ((hour * 60 + minute) * 60 + second) * 1000;
}

function twoDigits(text: string, at: number): number {
  return (text.charCodeAt(at) - 48) * 10 + text.charCodeAt(at + 1) - 48;
}

/** `YYYYMMDDTHHMMSSZ`; fractions of a second are cut. */
export function formatTimestamp(ms: number): string {
  return isoSeconds(ms).replace(/[-:]/g, "");
}

/** `YYYY-MM-DDTHH:MM:SSZ`, as S3 writes ServerTime and Expires. */
export function isoSeconds(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
