import { objectError } from "./errors.ts";

export interface ByteRange {
  /** First byte. */
  readonly start: number;
  /** Byte behind the last one. */
  readonly end: number;
}

const SINGLE = /^(\d*)-(\d*)$/;

/**
 * The range of an object of `size` bytes that a Range header asks for. Another unit and several
 * ranges are ignored, as S3 does: `undefined`, the whole object.
 *
 * @throws FIRN_OBJECT_RANGE_INVALID when it is malformed, runs backwards or holds no byte.
 */
export function parseRange(header: string | undefined, size: number): ByteRange | undefined {
  if (header === undefined) return undefined;
  const spec = /^bytes\s*=\s*(.*)$/i.exec(header.trim())?.[1];
  if (spec === undefined || spec.includes(",")) return undefined;
  const [, first, last] = SINGLE.exec(spec.trim()) ?? [];
  if (first === undefined || last === undefined || first + last === "") throw invalid(header, size);
  const range =
    first === ""
      ? { start: Math.max(0, size - Number(last)), end: size }
      : { start: Number(first), end: last === "" ? size : Math.min(Number(last) + 1, size) };
  const backwards = first !== "" && last !== "" && Number(last) < Number(first);
  if (backwards || range.start >= range.end) throw invalid(header, size);
  return range;
}

function invalid(rangeRequested: string, actualObjectSize: number): Error {
  return objectError("FIRN_OBJECT_RANGE_INVALID", "The requested range is not satisfiable", {
    detail: { rangeRequested, actualObjectSize },
  });
}
