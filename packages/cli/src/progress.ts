/** Writes over the line that shows how far a command is; an empty text takes it away. */
export type ShowProgress = (text: string) => void;

/** Between two changes of the line: quicker cannot be read. */
const EVERY_MS = 200;
const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** `12 %  1.2 GiB of 9.8 GiB  310 MiB/s  28 s left`, on a terminal; nothing elsewhere. */
export class Progress {
  readonly #show: ShowProgress | undefined;
  readonly #startedAt = performance.now();
  #shownAt = -Infinity;

  constructor(show: ShowProgress | undefined) {
    this.#show = show;
  }

  update(bytes: number, totalBytes: number): void {
    const now = performance.now();
    if (this.#show === undefined || now - this.#shownAt < EVERY_MS) return;
    this.#shownAt = now;
    const seconds = Math.max(0.001, (now - this.#startedAt) / 1000);
    const rate = bytes / seconds;
    const percent = totalBytes === 0 ? 0 : Math.floor((100 * bytes) / totalBytes);
    const left = rate === 0 ? "" : `  ${Math.ceil((totalBytes - bytes) / rate)} s left`;
    const sizes = `${bytesText(bytes)} of ${bytesText(totalBytes)}`;
    this.#show(`${percent} %  ${sizes}  ${bytesText(rate)}/s${left}`);
  }

  end(): void {
    this.#show?.("");
  }
}

/** `310 MiB`; three digits. */
export function bytesText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  const digits = unit > 0 && value < 10 ? value.toFixed(1) : String(Math.round(value));
  return `${digits} ${UNITS[unit]}`;
}
