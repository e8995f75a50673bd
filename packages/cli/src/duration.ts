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
  const [, days = "0", hours = "0", minutes = "0", seconds = "0"] = match;
  const wholeHours = Number(days) * 24 + Number(hours);
  return ((wholeHours * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
}
