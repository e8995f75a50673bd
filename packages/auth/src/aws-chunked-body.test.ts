import { hash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { AuthError, AwsChunkedBody } from "./index.ts";
import type { AuthErrorCode, ChunkedPayload, ChunkSigning } from "./index.ts";
import { deriveSigningKey } from "./signing-key.ts";

const seed = Number(process.env["FIRN_SEED"] ?? 20_261_124);
const timestamp = "20261124T080000Z";
const scope = "20261124/us-east-1/s3/aws4_request";
const key = deriveSigningKey("secret", { date: "20261124", region: "us-east-1", service: "s3" });
const signing: ChunkSigning = {
  seedSignature: "5".repeat(64),
  timestamp,
  scope,
  accessKeyId: "AKIA",
  verify: (text, signature) => key.verify(text, signature),
};
const trailerHeaders = { "x-amz-trailer": "x-amz-checksum-crc32" };
const trailerLine = "x-amz-checksum-crc32:AAAAAA==";

interface Framing {
  readonly signed: boolean;
  readonly trailer: boolean;
}
const framings: Framing[] = [
  { signed: true, trailer: false },
  { signed: true, trailer: true },
  { signed: false, trailer: true },
];

/** Frames chunks as a client does, by the published grammar. */
function framed(chunks: readonly Uint8Array[], framing: Framing): Buffer {
  const out: Uint8Array[] = [];
  let previous = signing.seedSignature;
  const sign = (algorithm: string, rest: string): string => {
    previous = key.sign(`${algorithm}\n${timestamp}\n${scope}\n${previous}\n${rest}`);
    return previous;
  };
  for (const chunk of [...chunks, new Uint8Array(0)]) {
    const rest = `${hash("sha256", "")}\n${hash("sha256", chunk)}`;
    const size = chunk.length.toString(16);
    const extension = framing.signed
      ? `;chunk-signature=${sign("AWS4-HMAC-SHA256-PAYLOAD", rest)}`
      : "";
    out.push(Buffer.from(`${size}${extension}\r\n`), chunk);
    if (chunk.length > 0) out.push(Buffer.from("\r\n"));
  }
  if (framing.trailer) out.push(Buffer.from(`${trailerLine}\r\n`));
  if (framing.trailer && framing.signed) {
    const signature = sign("AWS4-HMAC-SHA256-TRAILER", hash("sha256", `${trailerLine}\n`));
    out.push(Buffer.from(`x-amz-trailer-signature:${signature}\r\n`));
  }
  return Buffer.concat([...out, Buffer.from("\r\n")]);
}

function payloadOf(framing: Framing): ChunkedPayload {
  const base = { kind: "chunked", trailer: framing.trailer } as const;
  return framing.signed ? { ...base, signing } : base;
}

async function* cut(bytes: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  let from = 0;
  for (const at of [...cuts.toSorted((a, b) => a - b), bytes.length]) {
    yield bytes.subarray(from, at);
    from = at;
  }
}

interface Decoding {
  readonly framing: Framing;
  readonly length: number;
  readonly cuts?: readonly number[];
  readonly headers?: Record<string, string>;
}

async function decode(
  bytes: Uint8Array,
  decoding: Decoding,
): Promise<AwsChunkedBody & { bytes: Buffer }> {
  const { framing, length, cuts = [], headers } = decoding;
  const body = new AwsChunkedBody(cut(bytes, cuts), {
    payload: payloadOf(framing),
    headers: {
      "x-amz-decoded-content-length": String(length),
      ...(framing.trailer ? trailerHeaders : {}),
      ...headers,
    },
  });
  const out: Uint8Array[] = [];
  for await (const piece of body) out.push(piece);
  return Object.assign(body, { bytes: Buffer.concat(out) });
}

async function refusal(promise: Promise<unknown>): Promise<AuthErrorCode | "accepted"> {
  try {
    await promise;
    return "accepted";
  } catch (error) {
    if (error instanceof AuthError) return error.code;
    throw error;
  }
}

const chunks = [Buffer.alloc(8192, "a"), Buffer.alloc(9000, "b"), Buffer.from("tail")];
const payloadBytes = Buffer.concat(chunks);
const length = payloadBytes.length;

test.each(framings)("any split of a body decodes alike: $signed, $trailer", async (framing) => {
  const bytes = framed(chunks, framing);
  const cuts = fc.array(fc.nat(bytes.length), { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(cuts, async (at) => {
      const body = await decode(bytes, { framing, length, cuts: at });
      expect(body.bytes.equals(payloadBytes)).toBe(true);
      expect(body.trailers?.get("x-amz-checksum-crc32")).toBe(
        framing.trailer ? "AAAAAA==" : undefined,
      );
    }),
    { seed, numRuns: 100 },
  );
});

test("a body that comes byte by byte decodes", async () => {
  const bytes = framed([Buffer.from("small")], framings[1] as Framing);
  const cuts = Array.from(bytes, (_, i) => i);
  const body = await decode(bytes, { framing: framings[1] as Framing, length: 5, cuts });
  expect(body.bytes.toString()).toBe("small");
});

test.each(framings)("an empty body decodes: $signed, $trailer", async (framing) => {
  const body = await decode(framed([], framing), { framing, length: 0 });
  expect(body.bytes.length).toBe(0);
});

test.each(framings)("a body cut anywhere is refused: $signed, $trailer", async (framing) => {
  const bytes = framed(chunks, framing);
  await fc.assert(
    fc.asyncProperty(fc.nat(bytes.length - 1), async (end) => {
      const code = await refusal(decode(bytes.subarray(0, end), { framing, length }));
      expect(code).toBe("FIRN_CHUNK_TRUNCATED");
    }),
    { seed, numRuns: 200, examples: [[bytes.length - 1], [bytes.length - 2], [0], [1]] },
  );
});

test.each([framings[0] as Framing, framings[1] as Framing])(
  "a signed body changed in any byte is refused, or still says the same: $trailer",
  async (framing) => {
    const bytes = framed(chunks, framing);
    const change = fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }));
    let refusals = 0;
    const oneChange = fc.asyncProperty(change, async ([at, by]) => {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] as number) ^ by;
      try {
        const body = await decode(changed, { framing, length });
        expect(body.bytes.equals(payloadBytes)).toBe(true);
        expect([...(body.trailers ?? [])].flat().join(":")).toBe(
          framing.trailer ? trailerLine : "",
        );
      } catch (error) {
        if (!(error instanceof AuthError)) throw error;
        refusals++;
      }
    });
    await fc.assert(oneChange, { seed, numRuns: 400 });
    // What may differ are line ends and the case of sizes: a handful of bytes in 17,000.
    expect(refusals).toBeGreaterThan(380);
  },
);

test("payload is handed out as views of the input, not as copies", async () => {
  const bytes = framed(chunks, framings[0] as Framing);
  const body = new AwsChunkedBody(cut(bytes, [5000, 12_000]), {
    payload: payloadOf(framings[0] as Framing),
    headers: { "x-amz-decoded-content-length": String(length) },
  });
  for await (const piece of body) expect(piece.buffer).toBe(bytes.buffer);
});

const swapped = (): Buffer => {
  const bytes = framed([Buffer.alloc(8192, "a"), Buffer.alloc(8192, "b")], framings[0] as Framing);
  const size = "2000;chunk-signature=".length + 64 + 2 + 8192 + 2;
  return Buffer.concat([
    bytes.subarray(size, 2 * size),
    bytes.subarray(0, size),
    bytes.subarray(2 * size),
  ]);
};

const signedOnly = framings[0] as Framing;
const unsigned = framings[2] as Framing;
const text = (body: string): Buffer => Buffer.from(body, "latin1");

test.each<[string, Buffer, Decoding, AuthErrorCode]>([
  [
    "swapped chunks",
    swapped(),
    { framing: signedOnly, length: 16_384 },
    "FIRN_CHUNK_SIGNATURE_MISMATCH",
  ],
  [
    "fewer bytes than declared",
    framed(chunks, signedOnly),
    { framing: signedOnly, length: length + 1 },
    "FIRN_CHUNK_LENGTH_MISMATCH",
  ],
  [
    "more bytes than declared",
    framed(chunks, signedOnly),
    { framing: signedOnly, length: length - 1 },
    "FIRN_CHUNK_LENGTH_MISMATCH",
  ],
  [
    "a small chunk in the middle",
    framed([Buffer.alloc(8191), Buffer.alloc(9)], signedOnly),
    { framing: signedOnly, length: 8200 },
    "FIRN_CHUNK_TOO_SMALL",
  ],
  [
    "an endless chunk header",
    text("0".repeat(300)),
    { framing: unsigned, length: 0 },
    "FIRN_CHUNK_MALFORMED",
  ],
  [
    "a size that is no number",
    text("xyz\r\n"),
    { framing: unsigned, length: 0 },
    "FIRN_CHUNK_MALFORMED",
  ],
  ["a negative size", text("-1\r\n"), { framing: unsigned, length: 0 }, "FIRN_CHUNK_MALFORMED"],
  [
    "a huge size",
    text("ffffffffffffffff\r\n"),
    { framing: unsigned, length: 0 },
    "FIRN_CHUNK_MALFORMED",
  ],
  [
    "a chunk without its signature",
    text("5\r\nhello\r\n0\r\n\r\n"),
    { framing: signedOnly, length: 5 },
    "FIRN_CHUNK_MALFORMED",
  ],
  [
    "a chunk longer than its size",
    text("4\r\nhello\r\n0\r\n\r\n"),
    { framing: unsigned, length: 4 },
    "FIRN_CHUNK_MALFORMED",
  ],
  [
    "a trailer that was announced and not sent",
    text("5\r\nhello\r\n0\r\n\r\n"),
    { framing: unsigned, length: 5 },
    "FIRN_CHUNK_TRAILER_MALFORMED",
  ],
  [
    "a trailer that was not announced",
    text("5\r\nhello\r\n0\r\nx-amz-checksum-sha1:A\r\n\r\n"),
    { framing: unsigned, length: 5 },
    "FIRN_CHUNK_TRAILER_MALFORMED",
  ],
  [
    "a trailer twice",
    text(`5\r\nhello\r\n0\r\n${trailerLine}\r\n${trailerLine}\r\n\r\n`),
    { framing: unsigned, length: 5 },
    "FIRN_CHUNK_TRAILER_MALFORMED",
  ],
  [
    "endless trailers",
    text(`0\r\n${`${trailerLine}\r\n`.repeat(200)}\r\n`),
    { framing: unsigned, length: 0 },
    "FIRN_CHUNK_TRAILER_MALFORMED",
  ],
  [
    "bytes behind the end",
    text(`0\r\n${trailerLine}\r\n\r\nmore\r\n\r\n`),
    { framing: unsigned, length: 0 },
    "FIRN_CHUNK_TRAILER_MALFORMED",
  ],
  [
    "a trailer where none belongs",
    framed([], framings[1] as Framing),
    { framing: signedOnly, length: 0 },
    "FIRN_CHUNK_TRAILER_MALFORMED",
  ],
  [
    "a signed trailer without its signature",
    Buffer.concat([framed([], signedOnly).subarray(0, -2), text(`${trailerLine}\r\n\r\n`)]),
    { framing: framings[1] as Framing, length: 0 },
    "FIRN_CHUNK_SIGNATURE_MISMATCH",
  ],
])("%s is refused", async (_, bytes, decoding, code) => {
  expect(await refusal(decode(bytes, decoding))).toBe(code);
});

test.each(["", "-1", "1e3", "abc"])("a decoded length of '%s' is refused", (given) => {
  const make = (): AwsChunkedBody =>
    new AwsChunkedBody(cut(new Uint8Array(0), []), {
      payload: payloadOf(signedOnly),
      headers: { "x-amz-decoded-content-length": given },
    });
  expect(make).toThrow(expect.objectContaining({ code: "FIRN_CHUNK_LENGTH_MISSING" }));
});

test("trailer lines may end in LF alone, with an empty line before the signature", async () => {
  const bytes = framed([Buffer.from("hello")], framings[1] as Framing).toString("latin1");
  const loose = text(bytes.replace(`${trailerLine}\r\n`, `${trailerLine}\n\r\n`));
  const body = await decode(loose, { framing: framings[1] as Framing, length: 5 });
  expect(body.trailers?.get("x-amz-checksum-crc32")).toBe("AAAAAA==");
});

test("a server that takes any signature decodes signed chunks without looking at them", async () => {
  const bytes = framed(chunks, framings[1] as Framing);
  const body = await decode(bytes, { framing: unsigned, length });
  expect(body.bytes.equals(payloadBytes)).toBe(true);
  expect(body.trailers?.get("x-amz-checksum-crc32")).toBe("AAAAAA==");
});

test("an error of the source is handed on", async () => {
  async function* source(): AsyncGenerator<Uint8Array> {
    yield text("5\r\nhe");
    await Promise.resolve();
    throw new Error("connection lost");
  }
  const body = new AwsChunkedBody(source(), {
    payload: payloadOf(unsigned),
    headers: { "x-amz-decoded-content-length": "5" },
  });
  const read = async (): Promise<void> => {
    for await (const piece of body) expect(piece.length).toBe(2);
  };
  await expect(read()).rejects.toThrow("connection lost");
});
