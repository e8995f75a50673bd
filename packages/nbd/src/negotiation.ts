/**
 * The handshake: fixed newstyle. Fed with bytes, it answers options until the client chooses an
 * export (or leaves). An option is answered before the next one is looked at.
 */
import type { Volumes } from "@firn/volumes";
import type { ByteQueue } from "./byte-queue.ts";
import {
  BLOCK_BYTES_PREFERRED,
  OPTIONS_MAX,
  OPTION_BYTES_MAX,
  PAYLOAD_BYTES_MAX,
} from "./constants.ts";
import { listExports, openExport } from "./exports.ts";
import type { NbdExport } from "./exports.ts";
import { matchContexts, openContexts } from "./meta-contexts.ts";
import type { MetaContext } from "./meta-contexts.ts";
import {
  EXPORT_NAME_PAD_BYTES,
  Handshake,
  Info,
  OPTION_HEAD_BYTES,
  OPTION_MAGIC,
  OPTION_REPLY_MAGIC,
  Option,
  OptionReply,
  SERVER_GREETING,
  writeU64,
} from "./protocol.ts";
import type { ReplyForm } from "./replies.ts";

/** What the client chose. */
export interface Negotiated {
  readonly target: NbdExport;
  readonly replies: ReplyForm;
  /** What block status may be asked for. */
  readonly contexts: readonly MetaContext[];
}

/**
 * `left`: the client ended the handshake, or spoke something else: close the socket. `tls`: the
 * rest of the connection is encrypted, and begins anew.
 */
export type NegotiationState = "more" | "left" | "tls" | Negotiated;

/** Whether a connection must be encrypted, and whether it is. */
export type TlsState = "none" | "required" | "active";

export interface NegotiationMeans {
  readonly send: (bytes: Buffer) => void;
  /** Default `none`. */
  readonly tls?: TlsState | undefined;
}

export class Negotiation {
  readonly #volumes: Volumes;
  readonly #send: (bytes: Buffer) => void;
  #clientFlags: number | undefined;
  #options = 0;
  /** An option whose data have not all arrived. */
  #head: { readonly option: number; readonly length: number } | undefined;
  #replies: ReplyForm = "simple";
  #tls: TlsState;
  /** The contexts that were set, and for which export. */
  #chosenContexts: { readonly target: string; readonly names: readonly string[] } | undefined;

  constructor(volumes: Volumes, { send, tls = "none" }: NegotiationMeans) {
    this.#volumes = volumes;
    this.#send = send;
    this.#tls = tls;
  }

  /** The socket is encrypted now; what was negotiated before does not count. */
  encrypted(): void {
    this.#tls = "active";
    this.#replies = "simple";
    this.#chosenContexts = undefined;
  }

  greet(): void {
    const flags = Buffer.alloc(2);
    flags.writeUInt16BE(Handshake.fixedNewstyle | Handshake.noZeroes);
    this.#send(Buffer.concat([SERVER_GREETING, flags]));
  }

  /** Takes what has arrived, one step: call it again until it says "more" without taking any. */
  async step(queue: ByteQueue): Promise<NegotiationState> {
    if (this.#clientFlags === undefined) {
      const flags = queue.take(4)?.readUInt32BE(0);
      if (flags === undefined) return "more";
      this.#clientFlags = flags;
      const known = Handshake.fixedNewstyle | Handshake.noZeroes;
      return (flags & ~known) === 0 ? "more" : "left";
    }
    return this.#option(queue);
  }

  async #option(queue: ByteQueue): Promise<NegotiationState> {
    if (this.#head === undefined) {
      const head = queue.take(OPTION_HEAD_BYTES);
      if (head === undefined) return "more";
      const valid = head.subarray(0, 8).equals(OPTION_MAGIC) && this.#options++ < OPTIONS_MAX;
      if (!valid) return "left";
      this.#head = { option: head.readUInt32BE(8), length: head.readUInt32BE(12) };
      if (this.#head.length > OPTION_BYTES_MAX) {
        this.#reply(this.#head.option, OptionReply.tooBig);
        return "left";
      }
    }
    const { option, length } = this.#head;
    const data = queue.take(length);
    if (data === undefined) return "more";
    this.#head = undefined;
    return this.#answer(option, data);
  }

  async #answer(option: number, data: Buffer): Promise<NegotiationState> {
    if (option === Option.startTls) return this.#startTls(data);
    if (this.#tls === "required" && option !== Option.abort) {
      if (option === Option.exportName) return "left";
      return this.#reply(option, OptionReply.tlsRequired);
    }
    switch (option) {
      case Option.exportName:
        return this.#exportName(data.toString("utf8"));
      case Option.abort:
        this.#reply(option, OptionReply.ack);
        return "left";
      case Option.list:
        return this.#list(data);
      case Option.info:
      case Option.go:
        return this.#infoOrGo(option, data);
      case Option.structuredReply:
      case Option.extendedHeaders:
        return this.#chooseReplies(option, data);
      case Option.listMetaContext:
      case Option.setMetaContext:
        return this.#metaContext(option, data);
      default:
        return this.#reply(option, OptionReply.unsupported);
    }
  }

  #startTls(data: Buffer): NegotiationState {
    if (this.#tls === "none") return this.#reply(Option.startTls, OptionReply.policy);
    const invalid = data.length > 0 || this.#tls === "active";
    if (invalid) return this.#reply(Option.startTls, OptionReply.invalid);
    this.#reply(Option.startTls, OptionReply.ack);
    return "tls";
  }

  /** Extended headers bring structured replies of their own form: they cannot be taken back. */
  #chooseReplies(option: number, data: Buffer): NegotiationState {
    const isExtended = option === Option.extendedHeaders;
    const repeats = this.#replies === "extended" && !isExtended;
    if (data.length > 0 || repeats) return this.#reply(option, OptionReply.invalid);
    this.#replies = isExtended ? "extended" : "structured";
    return this.#reply(option, OptionReply.ack);
  }

  /** Old clients: no error can be answered, so a wrong name ends the connection. */
  async #exportName(name: string): Promise<NegotiationState> {
    const target = await openExport(this.#volumes, name);
    if (target === undefined) return "left";
    const pad = (this.#clientFlags ?? 0) & Handshake.noZeroes ? 0 : EXPORT_NAME_PAD_BYTES;
    const answer = Buffer.alloc(10 + pad);
    writeU64(answer, target.volume.sizeBytes, 0);
    answer.writeUInt16BE(target.flags, 8);
    this.#send(answer);
    return this.#chosen(target);
  }

  async #list(data: Buffer): Promise<NegotiationState> {
    if (data.length > 0) return this.#reply(Option.list, OptionReply.invalid);
    for (const name of await listExports(this.#volumes)) {
      this.#reply(Option.list, OptionReply.server, prefixed(name));
    }
    return this.#reply(Option.list, OptionReply.ack);
  }

  async #infoOrGo(option: number, data: Buffer): Promise<NegotiationState> {
    const asked = parseInfoRequest(data);
    if (asked === undefined) return this.#reply(option, OptionReply.invalid);
    const target = await openExport(this.#volumes, asked.name);
    if (target === undefined) return this.#reply(option, OptionReply.unknown);
    const head = Buffer.alloc(12);
    head.writeUInt16BE(Info.export, 0);
    writeU64(head, target.volume.sizeBytes, 2);
    head.writeUInt16BE(target.flags, 10);
    this.#reply(option, OptionReply.info, head);
    this.#reply(option, OptionReply.info, blockSizes());
    if (asked.infos.includes(Info.name)) this.#text(option, Info.name, target.name);
    if (asked.infos.includes(Info.description)) {
      this.#text(option, Info.description, target.description);
    }
    if (option !== Option.go) {
      await target.volume.close();
      return this.#reply(option, OptionReply.ack);
    }
    const chosen = await this.#chosen(target);
    this.#reply(option, OptionReply.ack);
    return chosen;
  }

  /** A query names a context; a list without any names all, and none is chosen. */
  async #metaContext(option: number, data: Buffer): Promise<NegotiationState> {
    const asked = parseMetaRequest(data);
    if (asked === undefined || this.#replies === "simple") {
      return this.#reply(option, OptionReply.invalid);
    }
    const target = await openExport(this.#volumes, asked.name);
    if (target === undefined) return this.#reply(option, OptionReply.unknown);
    await target.volume.close();
    const { queries } = asked;
    const lists = option === Option.listMetaContext;
    const names = await matchContexts(target.volumes, target.name, { queries, lists });
    if (!lists) this.#chosenContexts = { target: target.name, names };
    names.forEach((name, at) => {
      const context = Buffer.alloc(4 + name.length);
      context.writeUInt32BE(lists ? 0 : at + 1);
      context.write(name, 4, "latin1");
      this.#reply(option, OptionReply.metaContext, context);
    });
    return this.#reply(option, OptionReply.ack);
  }

  async #chosen(target: NbdExport): Promise<Negotiated> {
    const chosen = this.#chosenContexts;
    const names = chosen?.target === target.name ? chosen.names : [];
    const contexts = await openContexts(target.volumes, names);
    return { target, replies: this.#replies, contexts };
  }

  #text(option: number, info: number, text: string): void {
    const bytes = Buffer.from(text, "utf8");
    const head = Buffer.alloc(2);
    head.writeUInt16BE(info);
    this.#reply(option, OptionReply.info, Buffer.concat([head, bytes]));
  }

  #reply(option: number, reply: number, data: Buffer = Buffer.alloc(0)): NegotiationState {
    const head = Buffer.alloc(20);
    head.set(OPTION_REPLY_MAGIC);
    head.writeUInt32BE(option, 8);
    head.writeUInt32BE(reply, 12);
    head.writeUInt32BE(data.length, 16);
    this.#send(Buffer.concat([head, data]));
    return "more";
  }
}

function blockSizes(): Buffer {
  const bytes = Buffer.alloc(14);
  bytes.writeUInt16BE(Info.blockSize, 0);
  bytes.writeUInt32BE(1, 2);
  bytes.writeUInt32BE(BLOCK_BYTES_PREFERRED, 6);
  bytes.writeUInt32BE(PAYLOAD_BYTES_MAX, 10);
  return bytes;
}

/** A string behind its length. */
function prefixed(text: string): Buffer {
  const bytes = Buffer.from(text, "utf8");
  const head = Buffer.alloc(4);
  head.writeUInt32BE(bytes.length);
  return Buffer.concat([head, bytes]);
}

function parseInfoRequest(
  data: Buffer,
): { readonly name: string; readonly infos: readonly number[] } | undefined {
  const name = readPrefixed(data, 0);
  if (name === undefined || name.end + 2 > data.length) return undefined;
  const count = data.readUInt16BE(name.end);
  if (data.length !== name.end + 2 + count * 2) return undefined;
  const infos = Array.from({ length: count }, (_, at) => data.readUInt16BE(name.end + 2 + at * 2));
  return { name: name.text, infos };
}

function parseMetaRequest(
  data: Buffer,
): { readonly name: string; readonly queries: readonly string[] } | undefined {
  const name = readPrefixed(data, 0);
  if (name === undefined || name.end + 4 > data.length) return undefined;
  const count = data.readUInt32BE(name.end);
  const queries: string[] = [];
  let at = name.end + 4;
  // Each query takes four bytes at least, so the data bounds the loop.
  for (let i = 0; i < count; i++) {
    const query = readPrefixed(data, at);
    if (query === undefined) return undefined;
    queries.push(query.text);
    at = query.end;
  }
  return at === data.length ? { name: name.text, queries } : undefined;
}

function readPrefixed(
  data: Buffer,
  at: number,
): { readonly text: string; readonly end: number } | undefined {
  if (at + 4 > data.length) return undefined;
  const end = at + 4 + data.readUInt32BE(at);
  return end > data.length ? undefined : { text: data.toString("utf8", at + 4, end), end };
}
