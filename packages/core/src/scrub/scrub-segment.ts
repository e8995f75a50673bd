import { FirnError } from "../errors.ts";
import { SEGMENT_HEADER_BYTES, encodeSegmentHeader } from "../log/frame.ts";
import type { SegmentEntry } from "../log/manifest.ts";
import { isPacked, packedFault, saltOf } from "../log/packed-file.ts";
import { makeParity } from "../parity/make-parity.ts";
import { findBadBlocks } from "../parity/parity-blocks.ts";
import type { BadBlock, RangeFiles } from "../parity/parity-blocks.ts";
import { ALL_RANGES, DATA_RANGES } from "../parity/parity-code.ts";
import { ParityHead } from "../parity/parity-head.ts";
import { blockOffset, parityLayout, parityPath, rowBytes } from "../parity/parity-layout.ts";
import { repairSegment } from "../parity/repair-segment.ts";
import type { FileHandle } from "../platform/file-system.ts";
import type { CareProblem } from "../status-api.ts";
import { headerMatches } from "../check/check-context.ts";
import { verifySegment } from "../check/verify-segment.ts";
import { findOwners } from "./find-owners.ts";
import type { ByteRange } from "./find-owners.ts";
import { NOTHING_FOUND } from "./scrub-context.ts";
import type { ScrubContext, ScrubFindings } from "./scrub-context.ts";

const ALL: readonly number[] = Array.from({ length: ALL_RANGES }, (_, range) => range);
const NO_PARITY = "there is no parity to repair it from; restore it from a backup";

export interface SegmentScrub extends ScrubFindings {
  /** Every byte was verified. Of an extent segment without parity only the header is. */
  readonly whole: boolean;
}

/** Verifies one segment and its parity, and repairs what can be repaired. */
export async function scrubSegment(
  context: ScrubContext,
  entry: SegmentEntry,
): Promise<SegmentScrub> {
  return new OneSegment(context, entry).run();
}

class OneSegment {
  readonly #context: ScrubContext;
  readonly #entry: SegmentEntry;
  readonly #files: ScrubContext["commitFiles"];
  readonly #path: string;

  constructor(context: ScrubContext, entry: SegmentEntry) {
    this.#context = context;
    this.#entry = entry;
    this.#files = entry.kind === "commit" ? context.commitFiles : context.extentFiles;
    this.#path = this.#files.path(entry);
  }

  async run(): Promise<SegmentScrub> {
    const { fileSystem, parityDirectory } = this.#context;
    const { sealedBytes, id } = this.#entry;
    const path = parityPath(parityDirectory, id);
    const parity = sealedBytes === undefined ? undefined : await openIfThere(fileSystem, path);
    if (sealedBytes === undefined || parity === undefined) return this.#withoutParity();
    const segment = await openIfThere(fileSystem, this.#path);
    try {
      return await this.#withParity({ segment, parity }, sealedBytes);
    } finally {
      await segment?.close();
      await parity.close();
    }
  }

  async #withParity(files: RangeFiles, sealedBytes: number): Promise<SegmentScrub> {
    const { identity, pace } = this.#context;
    const segment = { entry: this.#entry, layout: parityLayout(sealedBytes) };
    const read = await ParityHead.read(files.parity as FileHandle, segment, identity.hasher);
    if (read === undefined) {
      const found = await this.#withoutParity();
      const isSound = found.problems.length === 0 && found.whole;
      const made = isSound ? await this.#parityAgain() : await this.#parityLost();
      return { ...merged(found, made), whole: found.whole };
    }
    const { head, whole } = read;
    const bad = await findBadBlocks(files, head, { ranges: ALL, pace });
    if (bad.length === 0 && whole) return { ...NOTHING_FOUND, whole: true };
    const found = merged(await this.#repair(files, head, bad), await this.#fixHeader());
    const parityBad = !whole || bad.some(({ range }) => range >= DATA_RANGES);
    if (!parityBad || found.problems.length > 0) return { ...found, whole: true };
    return { ...merged(found, await this.#parityAgain()), whole: true };
  }

  async #repair(
    files: RangeFiles,
    head: ParityHead,
    bad: readonly BadBlock[],
  ): Promise<ScrubFindings> {
    const { fileSystem, pace, isLive } = this.#context;
    const live = (): boolean => isLive(this.#entry);
    const repair = { fileSystem, path: this.#path, files, head, pace, isLive: live };
    const outcome = await attempt(() => repairSegment(repair, bad));
    if ("reason" in outcome) return this.#notNow(outcome.reason);
    const { repaired, lost } = outcome;
    if (!live()) return NOTHING_FOUND;
    // Whoever has the old file open reads the new one from now on.
    if (repaired.length > 0) await this.#files.forget({ entries: [this.#entry] });
    return {
      repaired: rangesOf(repaired, head).map((range) => ({
        ...this.#place(range.start),
        what: `${this.#name(range)} had changed and was repaired from parity`,
      })),
      problems: await this.#lost(rangesOf(lost, head)),
    };
  }

  #notNow(reason: string): ScrubFindings {
    const what = `segment ${this.#entry.id} has changed, and cannot be repaired now: ${reason}`;
    return { repaired: [], problems: [{ ...this.#place(0), what }] };
  }

  async #lost(ranges: readonly ByteRange[]): Promise<CareProblem[]> {
    const why = "more than four of twenty ranges are bad there; restore it from a backup";
    return Promise.all(
      ranges.map(async (range) => ({
        ...this.#place(range.start),
        what: `${this.#name(range)} is lost and will not be served: ${why}`,
        owners: await findOwners(this.#context, this.#entry, range),
      })),
    );
  }

  /** Reads the segment as recovery would; extents only as far as nobody's id is needed. */
  async #withoutParity(): Promise<SegmentScrub> {
    const header = await this.#fixHeader();
    const found = this.#entry.kind === "commit" ? await this.#scan() : await this.#extents();
    return { ...merged(header, found), whole: found.whole };
  }

  async #extents(): Promise<SegmentScrub> {
    const what = await this.#extentFault();
    if (what === undefined) return { ...NOTHING_FOUND, whole: false };
    const problem = { ...this.#place(0), what: `${what}; ${NO_PARITY}` };
    return { repaired: [], problems: [problem], whole: false };
  }

  async #scan(): Promise<SegmentScrub> {
    const { pace, writtenBytes } = this.#context;
    const pause = async (bytes: number): Promise<void> => {
      await pace.take(bytes);
      await pace.slice();
    };
    const reading = { after: 0, writtenBytes: writtenBytes(this.#entry), pause };
    const { faults } = await verifySegment(this.#context, this.#entry, reading);
    if (!this.#context.isLive(this.#entry)) return { ...NOTHING_FOUND, whole: true };
    const problems = await Promise.all(
      faults.map(async ({ what, offset, end, harmless }) => {
        const range = { start: offset, end: end ?? this.#entry.sealedBytes ?? Infinity };
        const text = harmless === true ? `${what}; nothing is lost by it` : `${what}; ${NO_PARITY}`;
        const owners = harmless ? [] : await findOwners(this.#context, this.#entry, range);
        return { ...this.#place(offset), what: text, owners };
      }),
    );
    return { repaired: [], problems, whole: true };
  }

  async #extentFault(): Promise<string | undefined> {
    const entry = this.#entry;
    const { hasher } = this.#context.identity;
    try {
      return await this.#files.with(entry, async (handle) => {
        const header = Buffer.alloc(SEGMENT_HEADER_BYTES);
        await handle.read(header, 0);
        if (!headerMatches(this.#context, entry, header)) return "the segment's header has changed";
        if (!isPacked(entry)) return undefined;
        return packedFault(handle, entry, { hasher, salt: saltOf(entry) });
      });
    } catch (error) {
      if (!this.#context.isLive(entry)) return undefined;
      return `the segment cannot be read (${(error as Error).message})`;
    }
  }

  /** The segment is sound and its parity is not. */
  async #parityAgain(): Promise<ScrubFindings> {
    const { fileSystem, identity, parityDirectory, pace } = this.#context;
    const { id, sealedBytes } = this.#entry;
    const home = { fileSystem, hasher: identity.hasher, directory: parityDirectory };
    const made = await attempt(async () => {
      const handle = await fileSystem.open(this.#path, { create: false });
      try {
        const segment = { entry: this.#entry, bytes: sealedBytes as number, handle };
        return { bytes: await makeParity(home, segment, pace) };
      } finally {
        await handle.close();
      }
    });
    const place = { file: parityPath(parityDirectory, id), segment: id };
    if ("reason" in made) {
      const what = `the parity of segment ${id} has changed, and cannot be made now: ${made.reason}`;
      return { repaired: [], problems: [{ what, ...place }] };
    }
    const what = `the parity of segment ${id} had changed and was made again`;
    return { repaired: [{ what, ...place }], problems: [] };
  }

  /** Whether the segment is sound is not known yet: parity of rot would keep it for ever. */
  async #parityLost(): Promise<ScrubFindings> {
    const { fileSystem, parityDirectory } = this.#context;
    const { id } = this.#entry;
    const file = parityPath(parityDirectory, id);
    await fileSystem.remove(file);
    const what = `the parity of segment ${id} was of no use; it is made again once the segment verifies`;
    return { repaired: [{ what, file, segment: id }], problems: [] };
  }

  /** All of a segment's header stands in the manifest too. */
  async #fixHeader(): Promise<ScrubFindings> {
    const entry = this.#entry;
    const { fileSystem, storeId, identity } = this.#context;
    const file = await openIfThere(fileSystem, this.#path);
    if (file === undefined) return NOTHING_FOUND;
    try {
      const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES);
      await file.read(bytes, 0).catch(() => 0);
      if (headerMatches(this.#context, entry, bytes)) return NOTHING_FOUND;
      if (!this.#context.isLive(entry)) return NOTHING_FOUND;
      const header = { salt: saltOf(entry), storeId, segmentId: entry.id, base: entry.base };
      await file.write([encodeSegmentHeader(header, identity.hasher)], 0);
      await file.sync();
    } finally {
      await file.close();
    }
    const what = `the header of segment ${entry.id} had changed and was written again`;
    return { repaired: [{ ...this.#place(0), what }], problems: [] };
  }

  #place(offset: number): Omit<CareProblem, "what"> {
    return { file: this.#path, segment: this.#entry.id, offset };
  }

  #name({ start, end }: ByteRange): string {
    return `segment ${this.#entry.id}, bytes ${start} to ${end},`;
  }
}

/** What the disk refuses (it may be full) is told; what ends the scrub ends it. */
async function attempt<T extends object>(
  work: () => Promise<T>,
): Promise<T | { readonly reason: string }> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof FirnError || !isOfSystem(error)) throw error;
    return { reason: (error as Error).message };
  }
}

function isOfSystem(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === "string" && /^E[A-Z]+$/.test(code);
}

function merged(first: ScrubFindings, second: ScrubFindings): ScrubFindings {
  return {
    repaired: [...first.repaired, ...second.repaired],
    problems: [...first.problems, ...second.problems],
  };
}

/** Blocks that follow one another in the segment, as one range. */
function rangesOf(blocks: readonly BadBlock[], { layout }: ParityHead): ByteRange[] {
  const ranges: { start: number; end: number }[] = [];
  const starts = blocks.map((block) => ({
    start: blockOffset(layout, block.range, block.row),
    bytes: rowBytes(layout, block.row),
  }));
  for (const { start, bytes } of starts.sort((a, b) => a.start - b.start)) {
    const end = Math.min(layout.dataBytes, start + bytes);
    const last = ranges.at(-1);
    if (last?.end === start) last.end = end;
    else ranges.push({ start, end });
  }
  return ranges.filter(({ start, end }) => start < end);
}

/** The file, unless it is not there or cannot be opened. */
export async function openIfThere(
  fileSystem: ScrubContext["fileSystem"],
  path: string,
): Promise<FileHandle | undefined> {
  try {
    return await fileSystem.open(path, { create: false });
  } catch (error) {
    if (error instanceof FirnError) throw error;
    return undefined;
  }
}
