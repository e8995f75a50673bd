import { callAdmin } from "./admin-client.ts";
import type { AdminTarget } from "./admin-client.ts";
import { CommandError } from "./command-error.ts";
import { toIsoDuration } from "./duration.ts";

interface ClockAnswer {
  readonly mode: { readonly kind: string; readonly factor?: number };
  readonly nowMs: number;
}

/** What the server's clock shows. */
export async function readClock(target: AdminTarget): Promise<ClockAnswer> {
  return (await callAdmin(target, "/_firn/clock")) as ClockAnswer;
}

/** Moves a manual clock forward. @throws CommandError (1) when the store's clock is not manual. */
export async function advanceClock(target: AdminTarget, duration: string): Promise<ClockAnswer> {
  const advance = toIsoDuration(duration);
  if (advance === undefined) {
    throw new CommandError(2, `"${duration}" is no duration: write 2d, 5h30m, 90s or PT5H.`);
  }
  return (await callAdmin(target, "/_firn/clock", { advance })) as ClockAnswer;
}

/** `2026-11-24T08:30:00.000Z (manual)`. */
export function clockLine({ mode, nowMs }: ClockAnswer): string {
  const kind = mode.factor === undefined ? mode.kind : `${mode.kind}:${mode.factor}`;
  return `${new Date(nowMs).toISOString()} (${kind})`;
}
