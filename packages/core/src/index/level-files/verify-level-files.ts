/**
 * Verifies the files of a LevelDB directory byte by byte: LevelDB itself does not when it reads,
 * and takes a damaged block for one without the key. Works while LevelDB has it open: tables never
 * change once they are named, logs only grow, and a fault in a file that is gone by now is none.
 */
import type { FileSystem } from "../../platform/file-system.ts";
import { hasCode } from "../../platform/node-file-system.ts";
import type { IndexFault, IndexReading } from "../ordered-index.ts";
import { readLevelLog } from "./level-log.ts";
import type { LevelFault } from "./level-log.ts";
import { verifyLevelTable } from "./level-table.ts";
import { readLevelVersion } from "./level-version.ts";
import type { LevelVersion } from "./level-version.ts";
import { MaskedCrc } from "./masked-crc.ts";

const TABLE = /^(\d+)\.(ldb|sst)$/;
const LOG = /^(\d+)\.log$/;

export async function verifyLevelFiles(
  fileSystem: FileSystem,
  directory: string,
  reading: IndexReading,
): Promise<IndexFault[]> {
  const names = await fileSystem.list(directory);
  if (names.length === 0) return [];
  return new LevelFiles(fileSystem, directory, { reading, crc: await MaskedCrc.load() }).run();
}

class LevelFiles {
  readonly #fileSystem: FileSystem;
  readonly #directory: string;
  readonly #reading: IndexReading;
  readonly #crc: MaskedCrc;
  readonly #faults: IndexFault[] = [];

  constructor(
    fileSystem: FileSystem,
    directory: string,
    home: { readonly reading: IndexReading; readonly crc: MaskedCrc },
  ) {
    this.#fileSystem = fileSystem;
    this.#directory = directory;
    this.#reading = home.reading;
    this.#crc = home.crc;
  }

  async run(): Promise<IndexFault[]> {
    const version = await this.#version(true);
    if (version === undefined) return this.#faults;
    for (const name of await this.#names()) {
      const table = Number(TABLE.exec(name)?.[1]);
      if (version.tables.has(table)) await this.#verify(name, verifyLevelTable);
      const log = Number(LOG.exec(name)?.[1]);
      if (log >= version.logNumber) await this.#verify(name, logFaults);
    }
    await this.#findMissing();
    return this.#faults;
  }

  async #verify(name: string, verify: typeof verifyLevelTable): Promise<void> {
    const bytes = await this.#read(name);
    if (bytes === undefined) return;
    const faults = verify(bytes, this.#crc);
    await this.#reading.slice();
    if (faults.length > 0 && (await this.#counts(name))) this.#note(name, faults);
  }

  /** Is it still there, and named? It may have been merged into another one meanwhile. */
  async #counts(name: string): Promise<boolean> {
    const version = await this.#version(false);
    const number = Number(TABLE.exec(name)?.[1] ?? Number.NaN);
    if (Number.isNaN(number)) return (await this.#names()).includes(name);
    return version?.tables.has(number) ?? true;
  }

  async #findMissing(): Promise<void> {
    const version = await this.#version(false);
    const names = await this.#names();
    const there = new Set(names.map((name) => Number(TABLE.exec(name)?.[1])));
    for (const number of version?.tables.keys() ?? []) {
      if (there.has(number)) continue;
      const name = `${String(number).padStart(6, "0")}.ldb`;
      if (await this.#counts(name)) this.#note(name, [{ offset: 0, what: "the table is missing" }]);
    }
  }

  /** What CURRENT and the MANIFEST that it names say. */
  async #version(report: boolean): Promise<LevelVersion | undefined> {
    const current = await this.#read("CURRENT");
    const named = /^(MANIFEST-\d{6,})\n$/.exec(current?.toString("latin1") ?? "")?.[1];
    const bytes = named === undefined ? undefined : await this.#read(named);
    if (named === undefined || bytes === undefined) {
      if (report) this.#note("CURRENT", [{ offset: 0, what: "it names no manifest of LevelDB" }]);
      return undefined;
    }
    const { records, faults } = readLevelLog(bytes, this.#crc);
    if (report) this.#note(named, faults);
    try {
      return readLevelVersion(records);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      if (report) this.#note(named, [{ offset: 0, what: error.message }]);
      return undefined;
    }
  }

  async #read(name: string): Promise<Buffer | undefined> {
    try {
      const bytes = Buffer.from(await this.#fileSystem.readFile(`${this.#directory}/${name}`));
      await this.#reading.take(bytes.length);
      return bytes;
    } catch (error) {
      if (hasCode(error, "ENOENT")) return undefined;
      if (hasCode(error, "EIO")) this.#note(name, [{ offset: 0, what: "it cannot be read" }]);
      else throw error;
      return undefined;
    }
  }

  #names(): Promise<string[]> {
    return this.#fileSystem.list(this.#directory);
  }

  #note(name: string, faults: readonly LevelFault[]): void {
    for (const { offset, what } of faults) {
      this.#faults.push({ file: `${this.#directory}/${name}`, offset, what });
    }
  }
}

function logFaults(bytes: Buffer, crc: MaskedCrc): LevelFault[] {
  return [...readLevelLog(bytes, crc).faults];
}
