import type { ReadView, Store } from "@firn/core";
import {
  blobLine,
  keyLine,
  retentionLine,
  spaceLine,
  streamLine,
  tailLine,
} from "../model/core-state.ts";
import type { CoreState } from "../model/core-state.ts";

export interface CoreReadOptions {
  /** Key spaces and blobs that may be there. */
  readonly spaces: Iterable<number>;
  readonly blobs: Iterable<string>;
  /** Key spaces that may hold a stream. Default: each may. */
  readonly streams?: ReadonlySet<number> | undefined;
}

/** One character a byte. */
export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}

export function latin1Bytes(text: string): Uint8Array {
  return Buffer.from(text, "latin1");
}

/** Everything that a store holds, as the model writes it down; every byte of it was verified. */
export async function readCore(store: Store, options: CoreReadOptions): Promise<CoreState> {
  const state: CoreState = new Map();
  const view = store.view();
  for (const space of options.spaces) {
    if (!(await readSpace(view, space, state))) continue;
    const retention = store.retention(space);
    if (retention !== undefined) state.set(retentionLine(space), String(retention.ms));
    if (options.streams?.has(space) !== false) await readStream(store, space, state);
  }
  view.close();
  for (const blob of options.blobs) {
    const bytes = await readBlob(store, blob);
    if (bytes !== undefined) state.set(blobLine(blob), bytes);
  }
  return state;
}

async function readStream(store: Store, space: number, state: CoreState): Promise<void> {
  const stream = store.stream(space);
  let last = 0;
  for await (const { lsn, body } of stream.replay(1)) {
    if (lsn <= last) throw new Error(`records ${last} and ${lsn} of a stream are out of order`);
    last = lsn;
    state.set(streamLine(space, lsn), latin1(body));
  }
  const tail = await stream.lastLsn();
  if (tail > 0) state.set(tailLine(space), String(tail));
}

/** Adds a key space to the state; false when there is none. */
export async function readSpace(view: ReadView, space: number, state: CoreState): Promise<boolean> {
  try {
    for await (const { key, value } of view.range(space)) {
      state.set(keyLine(space, latin1(key)), latin1(value));
    }
  } catch (error) {
    if (codeOf(error) === "FIRN_KEY_SPACE_NOT_FOUND") return false;
    throw error;
  }
  state.set(spaceLine(space), "");
  return true;
}

/** `undefined` when there is none. */
export async function readBlob(store: Store, blob: string): Promise<string | undefined> {
  try {
    let bytes = "";
    for await (const part of store.blobs.read(blob)) bytes += latin1(part);
    return bytes;
  } catch (error) {
    if (codeOf(error) === "FIRN_BLOB_NOT_FOUND") return undefined;
    throw error;
  }
}

export function codeOf(error: unknown): string | undefined {
  return error instanceof Error ? (error as { code?: string }).code : undefined;
}
