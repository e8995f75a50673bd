import type { Lsn, ReadView, Store } from "@firn/core";
import type { CommittedPins } from "../model/committed-pins.ts";
import type { CoreModel } from "../model/core-model.ts";
import { keyLine, spaceLine, spacesOf } from "../model/core-state.ts";
import type { CoreState } from "../model/core-state.ts";
import { codeOf, latin1, readSpace } from "./read-core.ts";

export interface AsOfHome {
  readonly store: Store;
  readonly model: CoreModel;
  readonly pins: CommittedPins;
}

/**
 * What is wrong with a view at an older LSN: each key space that keeps history shows what it had
 * then, as far back as it promises; others, and older times, are refused and never guessed.
 */
export async function asOfFault(home: AsOfHome, lsn: Lsn): Promise<string | undefined> {
  const { store, model } = home;
  let view: ReadView;
  try {
    view = store.viewAt(lsn);
  } catch (error) {
    if (codeOf(error) !== "FIRN_LSN_AHEAD") throw error;
    return lsn <= store.durableLsn ? `LSN ${lsn} is durable, and has no view` : undefined;
  }
  if (lsn > store.durableLsn) return `a view at ${lsn}, which is not durable`;
  const past = model.stateAt(lsn);
  try {
    for (const space of spacesOf(model.newest())) {
      const fault = await spaceFault({ ...home, view, past, lsn }, space);
      if (fault !== undefined) return `as of ${lsn}, ${fault}`;
    }
  } finally {
    view.close();
  }
  return undefined;
}

interface OneView extends AsOfHome {
  readonly view: ReadView;
  readonly past: CoreState;
  readonly lsn: Lsn;
}

async function spaceFault(at: OneView, space: number): Promise<string | undefined> {
  const { store, view, past, lsn } = at;
  const found: CoreState = new Map();
  const promised = lsn >= promisedFrom(at, space);
  let kept: ReturnType<Store["retention"]>;
  try {
    kept = store.retention(space);
    if (!(await readSpace(view, space, found))) return undefined;
  } catch (error) {
    if (codeOf(error) === "FIRN_KEY_SPACE_NOT_FOUND") return undefined;
    if (codeOf(error) !== "FIRN_HISTORY_GONE") throw error;
    if (promised) return `key space ${space} is gone, which keeps ${JSON.stringify(kept)}`;
    return undefined;
  }
  found.delete(spaceLine(space));
  const prefix = keyLine(space, "");
  for (const [line, value] of past) {
    if (!line.startsWith(prefix)) continue;
    if (found.get(line) !== value) {
      return `${line} was ${JSON.stringify(value)}, not ${JSON.stringify(found.get(line))}`;
    }
    found.delete(line);
  }
  for (const [line, value] of found) return `${line} was not there, and shows ${value}`;
  const last = [...past.keys()].find((line) => line.startsWith(prefix));
  return last === undefined ? undefined : keyFault(at, last);
}

/** One key alone is found on another way than a range. */
async function keyFault({ view, past }: OneView, line: string): Promise<string | undefined> {
  const [, space, ...key] = line.split(" ");
  const bytes = await view.get(Number(space), Buffer.from(key.join(" "), "latin1"));
  const found = bytes && latin1(bytes);
  return found === past.get(line) ? undefined : `${line} alone is ${JSON.stringify(found)}`;
}

/** The first commit whose state is inside the window of a key space, as it is kept now. */
function promisedFrom({ store, model }: AsOfHome, space: number): Lsn {
  let since = Infinity;
  let windowMs = 0;
  for (const { lsn, effects } of model.entries) {
    for (const effect of effects) {
      if ((effect.kind !== "create" && effect.kind !== "keep") || effect.space !== space) continue;
      since = effect.ms === undefined ? Infinity : lsn;
      windowMs = effect.ms ?? 0;
    }
  }
  const inWindow = model.entries.find(({ time }) => time > store.clock.now() - windowMs);
  return Math.max(since, inWindow?.lsn ?? Infinity);
}
