import type { KeySpaceId, Position } from "../store-api.ts";
import { asBuffer } from "./bytes.ts";
import { decodePackedMutations, decodePackedStream } from "./packed-record.ts";
import type { PlacedStream } from "./packed-record.ts";
import {
  RECORD_BATCH,
  RECORD_PACKED_BATCH,
  RECORD_PACKED_STREAM,
  RECORD_STREAM,
  decodeMutations,
} from "./record.ts";
import type { DecodedMutation } from "./record.ts";
import type { LoggedRecord } from "./shard-log.ts";

/** The key space's number, before the engine's own bytes. */
const SPACE_BYTES = 4;

/** A mutation, with the place of its value in the record's body and in the log. */
export interface LoggedMutation extends DecodedMutation {
  readonly position: Position;
}

/** What a batch changes, packed or not, in the batch's order; of any other record nothing. */
export function mutationsOf(record: LoggedRecord): readonly LoggedMutation[] {
  const body = asBuffer(record.body);
  if (record.kind === RECORD_PACKED_BATCH) return decodePackedMutations(body);
  if (record.kind !== RECORD_BATCH) return [];
  const { position } = record;
  // Field by field: compaction does this for everything that was ever written.
  return decodeMutations(body).map(({ op, space, key, value, valueOffset, check }) => ({
    op,
    space,
    key,
    value,
    valueOffset,
    check,
    position: position + valueOffset,
  }));
}

/** The key space of a stream record, packed or not; of any other record `undefined`. */
export function streamSpaceOf(record: LoggedRecord): KeySpaceId | undefined {
  return isStream(record) ? asBuffer(record.body).readUInt32LE(0) : undefined;
}

/** A stream record, packed or not; of any other record `undefined`. */
export function streamOf(record: LoggedRecord): PlacedStream | undefined {
  if (!isStream(record)) return undefined;
  const bytes = asBuffer(record.body);
  if (record.kind === RECORD_PACKED_STREAM) return decodePackedStream(bytes);
  const body = bytes.subarray(SPACE_BYTES);
  return {
    space: bytes.readUInt32LE(0),
    position: record.position + SPACE_BYTES,
    body,
    ranges: [{ start: 0, end: body.length }],
  };
}

function isStream({ kind }: LoggedRecord): boolean {
  return kind === RECORD_STREAM || kind === RECORD_PACKED_STREAM;
}
