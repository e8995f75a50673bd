/**
 * Backups that only a key opens: every file, manifests included, goes through AES-256-GCM in pieces
 * of 1 MiB. A piece knows its file, its number and whether it is the last one, so that none can be
 * put elsewhere and no file cut short. docs/formats/backups.md draws it.
 */
import { createCipheriv, createDecipheriv } from "node:crypto";
import { coreError } from "../errors.ts";
import type { Random } from "../platform/random.ts";
import { SEAL_MAGIC, damagedFile } from "./backup-manifest.ts";
import type { BackupFile, BackupTarget } from "./backup-target.ts";
import { CHECK_PIECE_BYTES as PIECE_BYTES } from "./check-stream.ts";

const CIPHER = "aes-256-gcm";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const EXTRA_BYTES: number = NONCE_BYTES + TAG_BYTES;
const HEAD: Buffer = Buffer.from(`${SEAL_MAGIC} 1\n`);

export const BACKUP_KEY_BYTES = 32;

export interface SealedTargetOptions {
  readonly target: BackupTarget;
  /** 32 bytes. */
  readonly key: Uint8Array;
  readonly random: Random;
}

export class SealedTarget implements BackupTarget {
  readonly where: string;
  readonly #options: SealedTargetOptions;

  /** @throws FIRN_BACKUP_KEY_INVALID. */
  constructor(options: SealedTargetOptions) {
    if (options.key.length !== BACKUP_KEY_BYTES) {
      const message = `a backup's key has ${BACKUP_KEY_BYTES} bytes, not ${options.key.length}`;
      throw coreError("FIRN_BACKUP_KEY_INVALID", message);
    }
    this.#options = options;
    this.where = options.target.where;
  }

  async *list(prefix: string): AsyncGenerator<BackupFile> {
    for await (const { name, bytes } of this.#options.target.list(prefix)) {
      yield { name, bytes: plainBytes(bytes) };
    }
  }

  async *read(name: string): AsyncGenerator<Uint8Array> {
    const sealed = new Gathered(this.#options.target.read(name));
    const head = await sealed.take(HEAD.length);
    if (!head.equals(HEAD)) throw damagedFile(this, name, "is not sealed with a key");
    for (let number = 0; !(await sealed.isAtEnd()); number++) {
      const piece = await sealed.take(PIECE_BYTES + EXTRA_BYTES);
      const isLast = await sealed.isAtEnd();
      yield this.#open(piece, { name, number, isLast });
    }
  }

  async write({ name, bytes }: BackupFile, body: AsyncIterable<Uint8Array>): Promise<void> {
    const sealed = this.#seal({ name, bytes }, body);
    await this.#options.target.write({ name, bytes: sealedBytes(bytes) }, sealed);
  }

  async remove(name: string): Promise<void> {
    await this.#options.target.remove(name);
  }

  async *#seal(
    { name, bytes }: BackupFile,
    body: AsyncIterable<Uint8Array>,
  ): AsyncGenerator<Uint8Array> {
    yield HEAD;
    const plain = new Gathered(body);
    const last = Math.ceil(bytes / PIECE_BYTES) - 1;
    for (let number = 0; number <= last; number++) {
      const piece = await plain.take(PIECE_BYTES);
      const nonce = this.#options.random.bytes(NONCE_BYTES);
      const cipher = createCipheriv(CIPHER, this.#options.key, nonce);
      cipher.setAAD(placeOf({ name, number, isLast: number === last }));
      const text = cipher.update(piece);
      cipher.final();
      yield Buffer.concat([nonce, text, cipher.getAuthTag()]);
    }
  }

  #open(piece: Buffer, place: PiecePlace): Buffer {
    const end = piece.length - TAG_BYTES;
    try {
      const nonce = piece.subarray(0, NONCE_BYTES);
      const cipher = createDecipheriv(CIPHER, this.#options.key, nonce);
      cipher.setAAD(placeOf(place));
      cipher.setAuthTag(piece.subarray(end));
      const plain = cipher.update(piece.subarray(NONCE_BYTES, end));
      cipher.final();
      return plain;
    } catch {
      throw damagedFile(this, place.name, "was sealed with another key, or has changed since");
    }
  }
}

interface PiecePlace {
  readonly name: string;
  readonly number: number;
  readonly isLast: boolean;
}

function placeOf({ name, number, isLast }: PiecePlace): Buffer {
  return Buffer.from(`${number}${isLast ? "." : "+"}${name}`);
}

function sealedBytes(bytes: number): number {
  return HEAD.length + bytes + Math.ceil(bytes / PIECE_BYTES) * EXTRA_BYTES;
}

function plainBytes(sealed: number): number {
  const body = Math.max(0, sealed - HEAD.length);
  return body - Math.ceil(body / (PIECE_BYTES + EXTRA_BYTES)) * EXTRA_BYTES;
}

/** A stream of bytes, in whatever pieces it comes, taken in pieces of one's own. */
class Gathered {
  readonly #source: AsyncIterator<Uint8Array>;
  #held: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** As many bytes as asked for, fewer only at the end. */
  async take(bytes: number): Promise<Buffer> {
    await this.#gather(bytes);
    const taken = this.#held.subarray(0, bytes);
    this.#held = this.#held.subarray(taken.length);
    return taken;
  }

  async isAtEnd(): Promise<boolean> {
    await this.#gather(1);
    return this.#held.length === 0;
  }

  async #gather(bytes: number): Promise<void> {
    const parts = [this.#held];
    let length = this.#held.length;
    while (length < bytes) {
      const step = await this.#source.next();
      if (step.done === true) break;
      parts.push(Buffer.from(step.value.buffer, step.value.byteOffset, step.value.length));
      length += step.value.length;
    }
    if (parts.length > 1) this.#held = Buffer.concat(parts);
  }
}
