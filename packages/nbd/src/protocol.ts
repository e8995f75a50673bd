/**
 * The numbers of the NBD protocol, big-endian on the wire.
 * @see https://github.com/NetworkBlockDevice/nbd/blob/master/doc/proto.md
 */

/** "NBDMAGIC" and "IHAVEOPT". */
export const SERVER_GREETING: Buffer = Buffer.from("NBDMAGICIHAVEOPT", "latin1");
export const OPTION_MAGIC: Buffer = Buffer.from("IHAVEOPT", "latin1");
export const OPTION_REPLY_MAGIC: Buffer = Buffer.from("0003e889045565a9", "hex");
export const REQUEST_MAGIC = 0x2560_9513;
export const SIMPLE_REPLY_MAGIC = 0x6744_6698;
export const STRUCTURED_REPLY_MAGIC = 0x668e_33ef;
export const EXTENDED_REQUEST_MAGIC = 0x21e4_1c71;
export const EXTENDED_REPLY_MAGIC = 0x6e8a_278c;

export const OPTION_HEAD_BYTES = 16;
export const REQUEST_BYTES = 28;
export const SIMPLE_REPLY_BYTES = 16;
export const STRUCTURED_REPLY_BYTES = 20;
export const EXTENDED_REQUEST_BYTES = 32;
export const EXTENDED_REPLY_BYTES = 32;
/** What follows the flags of an export for clients that did not ask to leave it out. */
export const EXPORT_NAME_PAD_BYTES = 124;

export const Handshake = { fixedNewstyle: 1, noZeroes: 2 } as const;

export const Option = {
  exportName: 1,
  abort: 2,
  list: 3,
  startTls: 5,
  info: 6,
  go: 7,
  structuredReply: 8,
  listMetaContext: 9,
  setMetaContext: 10,
  extendedHeaders: 11,
} as const;

/** The ones above 2^31 are errors. */
export const OptionReply = {
  ack: 1,
  server: 2,
  info: 3,
  metaContext: 4,
  unsupported: 0x8000_0001,
  policy: 0x8000_0002,
  invalid: 0x8000_0003,
  tlsRequired: 0x8000_0005,
  unknown: 0x8000_0006,
  tooBig: 0x8000_0009,
} as const;

export const Info = { export: 0, name: 1, description: 2, blockSize: 3 } as const;

/** Flags of an export. */
export const Transmission = {
  hasFlags: 1,
  readOnly: 2,
  sendFlush: 4,
  sendFua: 8,
  rotational: 16,
  sendTrim: 32,
  sendWriteZeroes: 64,
  sendDf: 128,
  canMultiConn: 256,
  sendCache: 1024,
  sendFastZero: 2048,
} as const;

export const Command = {
  read: 0,
  write: 1,
  disconnect: 2,
  flush: 3,
  trim: 4,
  cache: 5,
  writeZeroes: 6,
  blockStatus: 7,
} as const;

export const CommandFlag = {
  fua: 1,
  noHole: 2,
  df: 4,
  reqOne: 8,
  fastZero: 16,
  payload: 32,
} as const;

export const Chunk = {
  none: 0,
  offsetData: 1,
  blockStatus: 5,
  blockStatusExtended: 6,
  error: 0x8001,
} as const;
export const CHUNK_DONE = 1;

/** Of `base:allocation`. */
export const Allocation = { hole: 1, zero: 2 } as const;

/** Of `firn:changed-since:…`, as of QEMU's dirty bitmaps. */
export const Change = { dirty: 1 } as const;

/** Error numbers are Linux's, whatever the machine. */
export const NbdError = {
  EPERM: 1,
  EIO: 5,
  ENOMEM: 12,
  EINVAL: 22,
  ENOSPC: 28,
  EOVERFLOW: 75,
  ESHUTDOWN: 108,
} as const;

const HIGH = 0x1_0000_0000;

/** An unsigned 64-bit number; above 2^53 it is rounded, and out of every volume's range anyway. */
export function readU64(from: Buffer, offset: number): number {
  return from.readUInt32BE(offset) * HIGH + from.readUInt32BE(offset + 4);
}

export function writeU64(into: Buffer, value: number, offset: number): void {
  into.writeUInt32BE(Math.floor(value / HIGH), offset);
  into.writeUInt32BE(value % HIGH, offset + 4);
}
