/** Reads a commit segment from its first byte and says what is wrong with it. */
import { align8 } from "../log/bytes.ts";
import { SEGMENT_HEADER_BYTES } from "../log/frame.ts";
import type { SegmentEntry } from "../log/manifest.ts";
import { isPacked, packedFault, saltOf } from "../log/packed-file.ts";
import { RECORD_HEADER_BYTES } from "../log/record.ts";
import { findDurableClaim, groupsEnd, scanSegment } from "../log/segment-scan.ts";
import type { ScanEnd, ScanSource } from "../log/segment-scan.ts";
import type { LoggedRecord } from "../log/shard-log.ts";
import type { FileHandle } from "../platform/file-system.ts";
import type { Lsn } from "../store-api.ts";
import { headerMatches } from "./check-context.ts";
import type { CheckContext } from "./check-context.ts";

/** Of one segment: what has more is lost as a whole. */
const FAULTS_MAX = 100;

export interface SegmentFault {
  readonly what: string;
  readonly offset: number;
  /** Where bytes verify again; absent: they do not, up to the end. */
  readonly end?: number | undefined;
  /** Nothing that is stored is lost by it. */
  readonly harmless?: boolean | undefined;
}

export interface SegmentFindings {
  readonly records: number;
  /** Bytes of groups verified. */
  readonly bytes: number;
  /** Bytes behind the last good record of a segment that nobody sealed. */
  readonly tornBytes: number;
  readonly lastLsn: Lsn;
  readonly faults: readonly SegmentFault[];
}

export interface SegmentReading {
  /** The last LSN before the segment, 0 when it is not known: then any may come first. */
  readonly after: Lsn;
  /** How far an active segment is known to be written: up to there nothing may fail. */
  readonly writtenBytes?: number | undefined;
  readonly visit?: ((record: LoggedRecord) => void) | undefined;
  /** Called behind each group, so that a long scan lets others run. */
  readonly pause?: ((bytes: number) => Promise<void>) | undefined;
}

type Verifying = Pick<CheckContext, "commitFiles" | "identity" | "storeId">;

/** Verifies all bytes of a commit segment: what cannot be read is a fault. Only `pause` rejects. */
export async function verifySegment(
  context: Verifying,
  entry: SegmentEntry,
  reading: SegmentReading,
): Promise<SegmentFindings> {
  const scan = new SegmentScan(context, entry, reading);
  try {
    await context.commitFiles.with(entry, (handle) => scan.run(handle));
  } catch (error) {
    if (error === scan.interruption) throw error;
    scan.fault({ what: `it cannot be read (${(error as Error).message})`, offset: 0 });
  }
  return scan.findings;
}

class SegmentScan {
  readonly findings: {
    records: number;
    bytes: number;
    tornBytes: number;
    lastLsn: Lsn;
    readonly faults: SegmentFault[];
  };
  /** What `pause` threw: the end of the scan, and no fault. */
  interruption: unknown;
  readonly #context: Verifying;
  readonly #entry: SegmentEntry;
  readonly #reading: SegmentReading;

  constructor(context: Verifying, entry: SegmentEntry, reading: SegmentReading) {
    this.#context = context;
    this.#entry = entry;
    this.#reading = reading;
    this.findings = { records: 0, bytes: 0, tornBytes: 0, lastLsn: reading.after, faults: [] };
  }

  fault(fault: SegmentFault): void {
    this.findings.faults.push(fault);
  }

  async run(handle: FileHandle): Promise<void> {
    const { identity } = this.#context;
    const header = Buffer.alloc(SEGMENT_HEADER_BYTES);
    await handle.read(header, 0);
    if (!headerMatches(this.#context, this.#entry, header)) {
      const what = "its header is not the one that the manifest names";
      this.fault({ what, offset: 0, end: SEGMENT_HEADER_BYTES });
    }
    const entry = this.#entry;
    const limit = groupsEnd(entry) ?? this.#reading.writtenBytes ?? (await handle.size());
    const source = { handle, entry, limit, identity };
    let next: number | undefined = SEGMENT_HEADER_BYTES;
    while (next !== undefined) next = await this.#scan(source, next);
    if (!isPacked(entry)) return;
    this.findings.lastLsn = Math.max(this.findings.lastLsn, entry.packed.lastLsn);
    const what = await packedFault(handle, entry, { hasher: identity.hasher, salt: saltOf(entry) });
    if (what !== undefined) this.fault({ what, offset: entry.packed.dataBytes });
  }

  /** Scans from an offset; gives the one where bytes verify again when a fault has ended it. */
  async #scan(source: ScanSource, from: number): Promise<number | undefined> {
    const { findings } = this;
    const reading = this.#reading;
    const known = from === SEGMENT_HEADER_BYTES && !isPacked(this.#entry) && reading.after > 0;
    const scan = scanSegment(source, from, known ? reading.after + 1 : undefined);
    for (let step = await scan.next(); ; step = await scan.next()) {
      if (step.done) return this.#end(source, from, step.value);
      findings.records += step.value.length;
      let bytes = 0;
      for (const record of step.value) {
        reading.visit?.(record);
        this.#checkPadding(record);
        bytes += record.body.length;
      }
      findings.lastLsn = step.value.at(-1)?.lsn ?? findings.lastLsn;
      await this.#pause(bytes);
    }
  }

  async #pause(bytes: number): Promise<void> {
    try {
      await this.#reading.pause?.(bytes);
    } catch (error) {
      this.interruption = error;
      throw error;
    }
  }

  /** No checksum speaks for the zeros behind a record; rot shows in them all the same. */
  #checkPadding({ body, position }: LoggedRecord): void {
    const bytes = align8(RECORD_HEADER_BYTES + body.length) - RECORD_HEADER_BYTES - body.length;
    const start = body.byteOffset + body.length;
    const padding = new Uint8Array(
      body.buffer,
      start,
      Math.min(bytes, body.buffer.byteLength - start),
    );
    if (padding.every((byte) => byte === 0)) return;
    const offset = position - this.#entry.base + body.length;
    this.fault({ what: "a byte behind a record has changed", offset, harmless: true });
  }

  async #end(source: ScanSource, from: number, end: ScanEnd): Promise<number | undefined> {
    const { findings } = this;
    const { offset } = end;
    findings.bytes += offset - from;
    if (offset >= source.limit) return undefined;
    const sealed = groupsEnd(source.entry) !== undefined;
    const certain = sealed || this.#reading.writtenBytes !== undefined;
    const lastLsn = certain ? -1 : findings.lastLsn;
    const behind = certain ? Math.max(offset, from) + 8 : offset;
    const next = await findDurableClaim(source, behind, lastLsn);
    if (!certain && next === undefined) {
      if (!end.clean) findings.tornBytes = source.limit - offset;
      return undefined;
    }
    const what = sealed
      ? "a record in a sealed segment fails its checksum"
      : "a record that was durable fails its checksum";
    this.fault({ what, offset, end: next?.offset });
    return findings.faults.length < FAULTS_MAX ? next?.offset : undefined;
  }
}
