import { hash } from "node:crypto";
import { whenThere } from "@firn/core";
import type { Soon, StagedBlob } from "@firn/core";
import { isChecksumAlgorithm, isChecksumValue } from "../checksum/checksum.ts";
import { openRunningDigest } from "../checksum/running-digest.ts";
import type { RunningDigest } from "../checksum/running-digest.ts";
import { GATHER_BYTES_MAX, PUT_BYTES_MAX } from "../constants.ts";
import { sealBytes, sealStream } from "../encryption/cipher-units.ts";
import { wrapKey } from "../encryption/key-wrap.ts";
import { hiddenEtag, hidesDigest } from "../encryption/seals.ts";
import type { OpenSeal } from "../encryption/seals.ts";
import type { Engine } from "../engine.ts";
import { objectError, throwIfAborted } from "../errors.ts";
import type { BodyRequest, ChecksumRequest } from "../object-types.ts";
import { PackedStream, packBytes } from "../packing/packed-units.ts";
import { abortable, unlessAborted } from "./abortable.ts";

const NOTHING = new Uint8Array();

/** A body that has arrived whole, has what the caller said of it, and awaits its transaction. */
export interface StagedBody {
  /** `undefined` when the body is empty. */
  readonly staged: StagedBlob | undefined;
  readonly size: number;
  /** MD5 in hexadecimal, or, where that is to be hidden, digits made of it. */
  readonly etag: string;
  /** Base64, of the algorithm asked for. */
  readonly checksum: string | undefined;
  /** The key of the stored bytes, wrapped by the seal's. */
  readonly key?: Uint8Array | undefined;
  /** Bytes of the packed form, where that is what is stored. */
  readonly packed?: number | undefined;
}

export interface StageRequest extends BodyRequest {
  readonly signal?: AbortSignal | undefined;
  /** How the bytes are encrypted. */
  readonly seal?: OpenSeal | undefined;
  /** Whether the bytes are packed, where they shrink: it changes nothing that callers see. */
  readonly packs?: boolean | undefined;
}

/**
 * Writes the body into a blob that nothing refers to yet, and hashes it on the way.
 *
 * @throws FIRN_OBJECT_BODY_INCOMPLETE, FIRN_OBJECT_TOO_LARGE, FIRN_OBJECT_DIGEST_INVALID,
 * FIRN_OBJECT_DIGEST_MISMATCH, FIRN_OBJECT_CHECKSUM_INVALID, FIRN_OBJECT_CHECKSUM_MISMATCH,
 * FIRN_OBJECTS_ABORTED, or what the body throws.
 */
export function stageBody(engine: Engine, request: StageRequest): Soon<StagedBody> {
  checkAnnounced(request);
  const { body = NOTHING } = request;
  if (body instanceof Uint8Array) return stageBytes(engine, request, body);
  return stageArriving(engine, request, body);
}

async function stageArriving(
  engine: Engine,
  request: StageRequest,
  body: AsyncIterable<Uint8Array>,
): Promise<StagedBody> {
  const { signal, contentLength } = request;
  if (contentLength !== undefined && contentLength <= GATHER_BYTES_MAX) {
    // One race for the whole of it: a race for each chunk costs more than the chunk.
    const bytes = await unlessAborted(gather(body, contentLength), signal);
    return await stageBytes(engine, request, bytes);
  }
  const source = abortable(body, signal);
  return await stageStream(engine, request, source);
}

function stageBytes(engine: Engine, request: StageRequest, bytes: Uint8Array): Soon<StagedBody> {
  const { checksum } = request;
  checkLength(bytes.length, request.contentLength);
  const digests: DigestsOfBody = {
    size: bytes.length,
    md5: hash("md5", bytes, "hex"),
    checksum: checksum && toBase64(engine.digests.of(checksum.algorithm, bytes)),
  };
  verify(request, digests);
  const key = drawKey(engine, request);
  if (bytes.length === 0) return stagedBody(request, { staged: undefined, digests, key });
  const packing = request.packs === true ? packBytes(bytes) : undefined;
  return whenThere(packing, (packed) => {
    const inner = packed ?? bytes;
    const stored = key === undefined ? inner : sealBytes(key, inner);
    return whenThere(engine.store.blobs.stageBytes(stored), (staged) =>
      stagedBody(request, { staged, digests, key, packed: packed?.length }),
    );
  });
}

async function stageStream(
  engine: Engine,
  request: StageRequest,
  source: AsyncIterable<Uint8Array>,
): Promise<StagedBody> {
  const { checksum } = request;
  const hashed = new HashedBody(source, {
    md5: await openRunningDigest("MD5"),
    checksum: checksum && (await openRunningDigest(checksum.algorithm)),
    contentLength: request.contentLength,
  });
  const key = drawKey(engine, request);
  const packing = request.packs === true ? new PackedStream(hashed) : undefined;
  const inner = packing ?? hashed;
  const stored = key === undefined ? inner : sealStream(key, inner);
  const staged = await engine.store.blobs.stage(stored);
  try {
    const digests = hashed.finish();
    verify(request, digests);
    // The packed form of nothing is empty too.
    const found = digests.size === 0 ? undefined : staged;
    return stagedBody(request, { staged: found, digests, key, packed: packing?.bytes });
  } catch (error) {
    engine.store.blobs.discard(staged);
    throw error;
  }
}

/**
 * Runs what attaches a body, unless the caller is gone. When it does not come to that, the body's
 * room comes back at once.
 */
export async function withBody<T>(
  engine: Engine,
  {
    body,
    signal,
  }: { readonly body: StagedBody | undefined; readonly signal: AbortSignal | undefined },
  attach: () => Promise<T>,
): Promise<T> {
  try {
    throwIfAborted(signal);
    return await attach();
  } finally {
    if (body?.staged !== undefined) engine.store.blobs.discard(body.staged);
  }
}

/** Each blob has its own key, so that blobs may be shared by objects with different ones. */
function drawKey(engine: Engine, { seal }: StageRequest): Uint8Array | undefined {
  return seal === undefined ? undefined : engine.store.random.bytes(seal.key.length);
}

interface Stored {
  readonly staged: StagedBlob | undefined;
  readonly digests: DigestsOfBody;
  readonly key: Uint8Array | undefined;
  readonly packed?: number | undefined;
}

function stagedBody({ seal }: StageRequest, { staged, digests, key, packed }: Stored): StagedBody {
  const { size, md5, checksum } = digests;
  if (seal === undefined || key === undefined) return { staged, size, etag: md5, checksum, packed };
  const etag = hidesDigest(seal.seal) ? hiddenEtag(seal, md5) : md5;
  return { staged, size, etag, checksum, key: wrapKey(seal.key, key), packed };
}

interface DigestsOfBody {
  readonly size: number;
  /** Hexadecimal. */
  readonly md5: string;
  /** Base64. */
  readonly checksum: string | undefined;
}

interface Hashing {
  readonly md5: RunningDigest;
  readonly checksum: RunningDigest | undefined;
  readonly contentLength: number | undefined;
}

/** Passes a body on, hashed and counted. A body that ends too early or too late throws. */
class HashedBody implements AsyncIterable<Uint8Array> {
  readonly #source: AsyncIterable<Uint8Array>;
  readonly #hashing: Hashing;
  #size = 0;

  constructor(source: AsyncIterable<Uint8Array>, hashing: Hashing) {
    this.#source = source;
    this.#hashing = hashing;
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    const { md5, checksum, contentLength } = this.#hashing;
    const most = Math.min(contentLength ?? PUT_BYTES_MAX, PUT_BYTES_MAX);
    for await (const chunk of this.#source) {
      this.#size += chunk.length;
      if (this.#size > most) checkLength(this.#size, contentLength);
      md5.update(chunk);
      checksum?.update(chunk);
      yield chunk;
    }
    checkLength(this.#size, contentLength);
  }

  finish(): DigestsOfBody {
    const { md5, checksum } = this.#hashing;
    return {
      size: this.#size,
      md5: Buffer.from(md5.finish()).toString("hex"),
      checksum: checksum && toBase64(checksum.finish()),
    };
  }
}

async function gather(source: AsyncIterable<Uint8Array>, length: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of source) {
    size += chunk.length;
    if (size > length) checkLength(size, length);
    chunks.push(chunk);
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, size);
}

/** What can be refused before a byte is read. */
function checkAnnounced(request: StageRequest): void {
  const { contentLength, contentMD5, checksum } = request;
  if (contentLength !== undefined && contentLength > PUT_BYTES_MAX)
    throw tooLargeError(contentLength);
  if (contentMD5 !== undefined && Buffer.from(contentMD5, "base64").length !== 16) {
    throw objectError("FIRN_OBJECT_DIGEST_INVALID", "The Content-MD5 you specified was invalid.", {
      detail: { contentMD5 },
    });
  }
  if (checksum === undefined) return;
  if (!isChecksumAlgorithm(checksum.algorithm)) throw checksumInvalidError(checksum.algorithm);
  if (typeof checksum.value === "string") checkChecksumValue(checksum, checksum.value);
}

function verify(request: StageRequest, digests: DigestsOfBody): void {
  const { contentMD5, checksum } = request;
  if (
    contentMD5 !== undefined &&
    Buffer.from(contentMD5, "base64").toString("hex") !== digests.md5
  ) {
    throw objectError(
      "FIRN_OBJECT_DIGEST_MISMATCH",
      "The Content-MD5 you specified did not match what we received.",
      { detail: { expected: contentMD5, calculated: digests.md5 } },
    );
  }
  if (checksum?.value === undefined) return;
  const late = typeof checksum.value === "function";
  const expected = typeof checksum.value === "function" ? checksum.value() : checksum.value;
  if (expected === undefined) return;
  if (late) checkChecksumValue(checksum, expected);
  if (expected === digests.checksum) return;
  throw objectError(
    "FIRN_OBJECT_CHECKSUM_MISMATCH",
    `The ${checksum.algorithm} you specified did not match the calculated checksum.`,
    { detail: { algorithm: checksum.algorithm, expected, calculated: digests.checksum } },
  );
}

function checkChecksumValue({ algorithm }: ChecksumRequest, value: string): void {
  if (!isChecksumValue(algorithm, value)) throw checksumInvalidError(algorithm);
}

function checksumInvalidError(algorithm: string): Error {
  const header = `x-amz-checksum-${algorithm.toLowerCase()}`;
  return objectError("FIRN_OBJECT_CHECKSUM_INVALID", `Value for ${header} header is invalid.`, {
    detail: { algorithm },
  });
}

function checkLength(size: number, contentLength: number | undefined): void {
  if (size > PUT_BYTES_MAX) throw tooLargeError(size);
  if (contentLength === undefined || size === contentLength) return;
  throw objectError(
    "FIRN_OBJECT_BODY_INCOMPLETE",
    "You did not provide the number of bytes specified by the Content-Length HTTP header",
    { detail: { received: size, contentLength } },
  );
}

function tooLargeError(size: number): Error {
  return objectError(
    "FIRN_OBJECT_TOO_LARGE",
    "Your proposed upload exceeds the maximum allowed object size.",
    { detail: { proposedSize: size, maxSizeAllowed: PUT_BYTES_MAX } },
  );
}

function toBase64(digest: Uint8Array): string {
  return Buffer.from(digest).toString("base64");
}
