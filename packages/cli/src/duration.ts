const PLAIN = /^(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,9})m)?(?:(\d{1,9}(?:\.\d{1,3})?)s)?$/;
const ISO = /^P(?=.)/;

/** `2d5h30m` or `PT5H` as an ISO 8601 duration; `undefined` when it is neither. */
export function toIsoDuration(text: string): string | undefined {
  if (ISO.test(text)) return text;
  const match = text === "" ? null : PLAIN.exec(text);
  if (match === null) return undefined;
  const [, days, hours, minutes, seconds] = match;
  const date = days === undefined ? "" : `${days}D`;
  const time = [
    hours === undefined ? "" : `${hours}H`,
    minutes === undefined ? "" : `${minutes}M`,
    seconds === undefined ? "" : `${seconds}S`,
  ].join("");
  return `P${date}${time === "" ? "" : `T${time}`}`;
}

/** `2d5h30m` in milliseconds; `undefined` when it is no duration in this form. */
export function durationMs(text: string): number | undefined {
  const match = text === "" ? null : PLAIN.exec(text);
  if (match === null) return undefined;
  const [days, hours, minutes, seconds] = match.slice(1).map((part = "0") => Number(part));
  const wholeHours = (days ?? 0) * 24 + (hours ?? 0);
  return ((wholeHours * 60 + (minutes ?? 0)) * 60 + (seconds ?? 0)) * 1000;
}
