import { ByteCursor } from "./byte-cursor.ts";

/** Which files of a LevelDB directory count, as its MANIFEST says. */
export interface LevelVersion {
  /** Tables by number, with their bytes. */
  readonly tables: ReadonlyMap<number, number>;
  /** Logs with this number or a higher one still count. */
  readonly logNumber: number;
}

/** Tags of the fields of a version edit. */
const COMPARATOR = 1;
const LOG_NUMBER = 2;
const NEXT_FILE = 3;
const LAST_SEQUENCE = 4;
const COMPACT_POINTER = 5;
const DELETED_FILE = 6;
const NEW_FILE = 7;
const PREVIOUS_LOG = 9;

/** Follows the edits that a MANIFEST holds. @throws RangeError when one is none. */
export function readLevelVersion(edits: readonly Buffer[]): LevelVersion {
  const tables = new Map<number, number>();
  let logNumber = 0;
  for (const edit of edits) {
    for (const cursor = new ByteCursor(edit); !cursor.done;) {
      const tag = cursor.varint();
      if (tag === LOG_NUMBER) logNumber = cursor.varint();
      else readField(cursor, tag, tables);
    }
  }
  return { tables, logNumber };
}

function readField(cursor: ByteCursor, tag: number, tables: Map<number, number>): void {
  switch (tag) {
    case COMPARATOR:
      cursor.text();
      return;
    case NEXT_FILE:
    case LAST_SEQUENCE:
    case PREVIOUS_LOG:
      cursor.varint();
      return;
    case COMPACT_POINTER:
      cursor.varint();
      cursor.text();
      return;
    case DELETED_FILE:
      cursor.varint();
      tables.delete(cursor.varint());
      return;
    case NEW_FILE:
      cursor.varint();
      tables.set(cursor.varint(), cursor.varint());
      cursor.text();
      cursor.text();
      return;
    default:
      throw new RangeError(`a version edit has an unknown field ${tag}`);
  }
}
