/**
 * The inner loop of the code, as a WebAssembly module that is assembled here: one function, 16
 * bytes at a time. A product with a constant is two look-ups in tables of 16 bytes, one for each
 * half of a byte, and `i8x16.swizzle` does 16 look-ups at once. JavaScript alone reaches a
 * fifteenth of it (docs/decisions/0014-parity.md); a compiled .wasm file could not be read here.
 *
 *     multiplyAdd(source, target, bytes, tables):
 *       for each of the four targets p: target[p * stride + i] ^= constant[p] * source[i]
 */

/** Outputs per call. */
export const KERNEL_TARGETS = 4;
/** Products of one constant with the 16 low halves of a byte, then with the 16 high halves. */
export const KERNEL_TABLE_BYTES = 32;
/** `bytes` is a multiple of it. */
const STEP_BYTES = 16;
const PAGE_BYTES = 65_536;

export interface SimdKernel {
  readonly memory: Uint8Array;
  /** Offsets into memory; `tables` is where those of the four constants are. */
  readonly multiplyAdd: (source: number, target: number, bytes: number, tables: number) => void;
}

/** @param strideBytes from one target to the next. */
export function loadSimdKernel(memoryBytes: number, strideBytes: number): SimdKernel {
  const pages = Math.ceil(memoryBytes / PAGE_BYTES);
  const { exports } = new WebAssembly.Instance(
    new WebAssembly.Module(assemble(pages, strideBytes)),
  );
  const memory = exports["memory"] as { readonly buffer: ArrayBuffer };
  const multiplyAdd = exports["multiplyAdd"] as SimdKernel["multiplyAdd"];
  return { memory: new Uint8Array(memory.buffer), multiplyAdd };
}

const I32 = 0x7f;
const V128 = 0x7b;
/** The function's parameters, in order, and its locals behind them. */
const [SOURCE, TARGET, BYTES, TABLES] = [0, 1, 2, 3] as const;
const PARAMETERS = 4;
const PRODUCTS = PARAMETERS;
const VECTORS: number = 2 * KERNEL_TARGETS + 2;
const LOW: number = PRODUCTS + 2 * KERNEL_TARGETS;
const HIGH: number = LOW + 1;

const get = (local: number): number[] => [0x20, local];
const set = (local: number): number[] => [0x21, local];
const tee = (local: number): number[] => [0x22, local];
/** A constant below 64: its signed LEB128 is one byte. */
const constant = (value: number): number[] => [0x41, value];
const ADD = [0x6a];
const SUBTRACT = [0x6b];
const LOOP = [0x03, 0x40];
const LOOP_WHILE = [0x0d, 0];
const END = [0x0b];
const simd = (opcode: number, ...immediates: number[]): number[] => [
  0xfd,
  ...unsigned(opcode),
  ...immediates,
];
/** Aligned to 16 bytes, that far behind the address on the stack. */
const load = (offset: number): number[] => simd(0x00, 4, ...unsigned(offset));
const store = (offset: number): number[] => simd(0x0b, 4, ...unsigned(offset));
const SWIZZLE: number[] = simd(0x0e);
const AND: number[] = simd(0x4e);
const XOR: number[] = simd(0x51);
const SHIFT_RIGHT: number[] = simd(0x6d);
const LOW_HALVES: number[] = simd(0x0c, ...Array.from({ length: STEP_BYTES }, () => 0x0f));

function body(strideBytes: number): number[] {
  const tables = Array.from({ length: 2 * KERNEL_TARGETS }, (_, at) => [
    ...[...get(TABLES), ...load(at * STEP_BYTES)],
    ...set(PRODUCTS + at),
  ]);
  const targets = Array.from({ length: KERNEL_TARGETS }, (_, p) => [
    ...get(TARGET),
    ...[...get(TARGET), ...load(p * strideBytes)],
    ...[...get(PRODUCTS + 2 * p), ...get(LOW), ...SWIZZLE, ...XOR],
    ...[...get(PRODUCTS + 2 * p + 1), ...get(HIGH), ...SWIZZLE, ...XOR],
    ...store(p * strideBytes),
  ]);
  const step = [...constant(STEP_BYTES)];
  return [
    ...tables.flat(),
    ...LOOP,
    ...[...get(SOURCE), ...load(0), ...LOW_HALVES, ...AND, ...set(LOW)],
    ...[...get(SOURCE), ...load(0), ...constant(4), ...SHIFT_RIGHT, ...set(HIGH)],
    ...targets.flat(),
    ...[...get(SOURCE), ...step, ...ADD, ...set(SOURCE)],
    ...[...get(TARGET), ...step, ...ADD, ...set(TARGET)],
    ...[...get(BYTES), ...step, ...SUBTRACT, ...tee(BYTES), ...LOOP_WHILE],
    ...END,
    ...END,
  ];
}

/** The module: types, functions, memory, exports, code. */
function assemble(pages: number, strideBytes: number): Uint8Array<ArrayBuffer> {
  const code = [...vector([[VECTORS, V128]]), ...body(strideBytes)];
  const parameters = Array.from({ length: PARAMETERS }, () => [I32]);
  const exported = (name: string, kind: number): number[] => [
    ...vector([...Buffer.from(name)].map((byte) => [byte])),
    ...[kind, 0],
  ];
  return Uint8Array.from([
    ...[...Buffer.from("\0asm"), 1, 0, 0, 0],
    ...section(1, [[0x60, ...vector(parameters), ...vector([])]]),
    ...section(3, [[0]]),
    ...section(5, [[1, ...unsigned(pages), ...unsigned(pages)]]),
    ...section(7, [exported("memory", 2), exported("multiplyAdd", 0)]),
    ...section(10, [[...unsigned(code.length), ...code]]),
  ]);
}

function section(id: number, entries: readonly (readonly number[])[]): number[] {
  const bytes = vector(entries);
  return [id, ...unsigned(bytes.length), ...bytes];
}

function vector(entries: readonly (readonly number[])[]): number[] {
  return [...unsigned(entries.length), ...entries.flat()];
}

/** LEB128. */
function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}
