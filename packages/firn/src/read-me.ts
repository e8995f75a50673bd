import type { FileSystem } from "@firn/core";
import { NodeFileSystem } from "@firn/core";

const NAME = "README.txt";

/** One page for whoever finds the directory in thirty years. */
export const readMe = `This directory is a Firn store: objects, tables, volumes and archives in one log. Leave it as it
is.

WITH FIRN
  firn serve --directory DIR         serves it; firn check DIR and firn scrub DIR verify every byte
  firn vault rebuild DIR NEW         makes a store of log/ and extents/ alone, when the rest is lost
  vaults/*.manifest                  signed lists of the archives; firn vault manifest --check FILE

WITHOUT FIRN
All numbers are little-endian. Every checksum is xxhash64; the store's seed is xxhash64 (seed 0)
of its id as 32 hex digits.

log/0000/0000000001 ... segments of 64 MiB, in the order of the u64 at offset 40 of each:
  header, 64 bytes: "FIRNSEG\\n", u32 version 1, u32 segment id, u64 salt, 16 bytes store id,
  u64 base position, u64 zero, u64 checksum (seed: salt). Then groups: a frame of 32 bytes (u32
  magic 0x50524746, u32 bytes of records behind it, u64 durable LSN, u64 first LSN, u64
  checksum), and records, each padded to 8 bytes: a header of 32 bytes and a body. A batch's
  body: u32 count; per mutation u32 key space, u32 op (1 put, 2 delete, 3 drop of the space),
  u32 key bytes, u32 value bytes, u64 check, the key; behind all of them the values in the same
  order. Of each key the mutation with the highest LSN counts. A segment that was compacted has
  a table of 4 KiB blocks behind its groups; what it left out was superseded.

Keys are parts: text ends with two zero bytes (a zero inside is 00 FF); numbers are u64, big-
endian. Values are MessagePack. The key space named "archive" has, under ("vault", account,
region, name), each vault with the number of its own key space. There ("archive", id) is an
archive: its size, SHA-256 tree hash, time and description; ("content", id) lists its pieces,
each a blob. A blob's record lists its extents: positions and lengths in the address space of
extents/, or holds short bytes itself.

extents/0000/... segments of 256 MiB with the same header. An extent is a table of xxhash64
checks, one per 64 KiB of data, at a fixed size, then the data as it was uploaded; objects of the
classes STANDARD_IA and ONEZONE_IA are packed with brotli, 256 KiB at a time, and a table of
lengths at the end. In a store that was made with a key all of it is encrypted (AES-256-GCM):
without the key there is no way.

The tree hash: SHA-256 of each MiB, then of each pair of neighbours, level by level; an odd one
goes up.

parity/0000/... Reed-Solomon over GF(2^8), 16 data ranges and 4 parity ranges of each sealed
segment, in rows of 64 KiB blocks: any 4 of 20 can be made again. index/ is derived and may be
deleted. manifest (JSON behind one line) names the segments that count; segments that it does
not name are rests.

Every byte is drawn in docs/formats of the Firn sources.
`;

/** Lays the page beside the data when it is not there, or is another version's. */
export async function writeReadMe(directory: string): Promise<void> {
  const fileSystem = new NodeFileSystem({ sync: true });
  const path = `${directory}/${NAME}`;
  const there = await fileSystem.readFile(path).catch(() => undefined);
  if (there !== undefined && Buffer.from(there).toString("utf8") === readMe) return;
  await replaceFile(fileSystem, path, readMe);
}

/** Writes beside it, syncs, and renames: readers see the old file or the new one, whole. */
export async function replaceFile(
  fileSystem: FileSystem,
  path: string,
  lines: string | AsyncIterable<string>,
): Promise<void> {
  const beside = `${path}.new`;
  const handle = await fileSystem.open(beside, { create: true });
  try {
    let at = 0;
    for await (const line of typeof lines === "string" ? [lines] : lines) {
      const bytes = Buffer.from(line);
      await handle.write([bytes], at);
      at += bytes.length;
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  await fileSystem.rename(beside, path);
  await fileSystem.syncDirectory(path.slice(0, path.lastIndexOf("/")));
}
