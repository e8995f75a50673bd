/** Times as signatures write them: ISO 8601 basic format, UTC, whole seconds. */

const basicFormat = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;

/** Milliseconds since 1970 UTC of `YYYYMMDDTHHMMSSZ`; undefined when it is none or no real date. */
export function parseTimestamp(text: string): number | undefined {
  const match = basicFormat.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const ms = Date.UTC(year, month - 1, day, hour, minute, second);
  // Date.UTC carries 31 February over into March; what is written back then differs.
  return formatTimestamp(ms) === text ? ms : undefined;
}

/** `YYYYMMDDTHHMMSSZ`; fractions of a second are cut. */
export function formatTimestamp(ms: number): string {
  return isoSeconds(ms).replace(/[-:]/g, "");
}

/** `YYYY-MM-DDTHH:MM:SSZ`, as S3 writes ServerTime and Expires. */
export function isoSeconds(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
