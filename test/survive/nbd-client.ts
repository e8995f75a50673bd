import { connect } from "node:net";
import type { Socket } from "node:net";
import { once } from "node:events";

/** Numbers of the NBD protocol, doc/proto.md of the reference implementation. */
const MAGIC = 0x4e42444d41474943n;
const OPTION_MAGIC = 0x49484156454f5054n;
const OPTION_REPLY_MAGIC = 0x3e889045565a9n;
const REQUEST_MAGIC = 0x25609513;
const REPLY_MAGIC = 0x67446698;
const FLAGS_FIXED_NEWSTYLE_NO_ZEROES = 3;
const OPTION_GO = 7;
const REPLY_ACK = 1;
const REPLY_INFO = 3;
const INFO_EXPORT = 0;
const CMD_READ = 0;
const CMD_WRITE = 1;
const CMD_DISCONNECT = 2;
const CMD_FLUSH = 3;
const CMD_TRIM = 4;
const CMD_FLAG_FUA = 1;

/**
 * A block device over TCP, one request after the other: as little as a test of durability needs.
 */
export class NbdClient {
  readonly #socket: Socket;
  readonly #reader: Reader;
  #handle = 0n;

  /** @throws when the server refuses the export. */
  static async open(port: number, exportName: string): Promise<NbdClient> {
    const socket = connect({ host: "127.0.0.1", port, noDelay: true });
    const reader = new Reader(socket);
    await once(socket, "connect");
    await handshake(socket, reader, exportName);
    return new NbdClient(socket, reader);
  }

  private constructor(socket: Socket, reader: Reader) {
    this.#socket = socket;
    this.#reader = reader;
  }

  async read(offset: number, length: number): Promise<Buffer> {
    await this.#request({ type: CMD_READ, offset, length });
    return this.#reader.take(length);
  }

  /** With `fua` it is durable when this resolves. */
  async write(offset: number, bytes: Buffer, fua: boolean): Promise<void> {
    const flags = fua ? CMD_FLAG_FUA : 0;
    await this.#request({ type: CMD_WRITE, offset, length: bytes.length, flags, bytes });
  }

  /** The range reads as zeros from now on. */
  async trim(offset: number, length: number): Promise<void> {
    await this.#request({ type: CMD_TRIM, offset, length });
  }

  /** Everything before it is durable when this resolves. */
  async flush(): Promise<void> {
    await this.#request({ type: CMD_FLUSH, offset: 0, length: 0 });
  }

  close(): void {
    if (!this.#socket.destroyed) {
      this.#socket.end(requestHeader({ type: CMD_DISCONNECT, offset: 0, length: 0 }, this.#handle));
    }
    this.#socket.destroy();
  }

  async #request(request: NbdRequest): Promise<void> {
    const handle = this.#handle++;
    this.#socket.write(requestHeader(request, handle));
    if (request.bytes !== undefined) this.#socket.write(request.bytes);
    const reply = await this.#reader.take(16);
    if (reply.readUInt32BE(0) !== REPLY_MAGIC || reply.readBigUInt64BE(8) !== handle) {
      throw new Error("NBD: a reply to nothing that was asked");
    }
    const error = reply.readUInt32BE(4);
    if (error !== 0) throw new Error(`NBD: request ${request.type} failed with error ${error}`);
  }
}

interface NbdRequest {
  readonly type: number;
  readonly offset: number;
  readonly length: number;
  readonly flags?: number;
  readonly bytes?: Buffer;
}

function requestHeader(request: NbdRequest, handle: bigint): Buffer {
  const header = Buffer.alloc(28);
  header.writeUInt32BE(REQUEST_MAGIC, 0);
  header.writeUInt16BE(request.flags ?? 0, 4);
  header.writeUInt16BE(request.type, 6);
  header.writeBigUInt64BE(handle, 8);
  header.writeBigUInt64BE(BigInt(request.offset), 16);
  header.writeUInt32BE(request.length, 24);
  return header;
}

async function handshake(socket: Socket, reader: Reader, exportName: string): Promise<void> {
  const hello = await reader.take(18);
  if (hello.readBigUInt64BE(0) !== MAGIC) {
    throw new Error("NBD: no NBD server");
  }
  if (hello.readBigUInt64BE(8) !== OPTION_MAGIC) throw new Error("NBD: not newstyle");
  const name = Buffer.from(exportName);
  const option = Buffer.alloc(4 + 16 + 4 + name.length + 2);
  option.writeUInt32BE(FLAGS_FIXED_NEWSTYLE_NO_ZEROES, 0);
  option.writeBigUInt64BE(OPTION_MAGIC, 4);
  option.writeUInt32BE(OPTION_GO, 12);
  option.writeUInt32BE(4 + name.length + 2, 16);
  option.writeUInt32BE(name.length, 20);
  name.copy(option, 24);
  socket.write(option);
  for (;;) {
    const reply = await reader.take(20);
    if (reply.readBigUInt64BE(0) !== OPTION_REPLY_MAGIC) throw new Error("NBD: bad option reply");
    const type = reply.readUInt32BE(12);
    const data = await reader.take(reply.readUInt32BE(16));
    if (type === REPLY_ACK) return;
    const isExport = type === REPLY_INFO && data.readUInt16BE(0) === INFO_EXPORT;
    if (type !== REPLY_INFO) throw new Error(`NBD: export refused: ${type} ${data.toString()}`);
    if (isExport && data.length < 12) throw new Error("NBD: short export information");
  }
}

/** Bytes of a socket, so many at a time. */
class Reader {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(socket: Socket) {
    this.#chunks = socket[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  /** @throws when the connection ends before. */
  async take(length: number): Promise<Buffer> {
    const parts = [this.#rest];
    let have = this.#rest.length;
    while (have < length) {
      const next = await this.#chunks.next();
      if (next.done === true) throw new Error("NBD: the connection ended");
      parts.push(next.value);
      have += next.value.length;
    }
    const all = Buffer.concat(parts);
    this.#rest = all.subarray(length);
    return all.subarray(0, length);
  }
}
