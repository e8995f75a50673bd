import fc from "fast-check";
import { expect, test } from "vitest";
import { RecordGroup, WriteArena } from "./record-group.ts";

const seed = Number(process.env["FIRN_SEED"] ?? Date.now() % 2 ** 31);

test(`memory is filled again only when no group that lies in it waits any more (FIRN_SEED=${seed})`, () => {
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.record({ bytes: fc.integer({ min: 8, max: 90_000 }) }) },
    { weight: 1, arbitrary: fc.record({ bytes: fc.constant(300_000) }) },
    { weight: 1, arbitrary: fc.constant("next" as const) },
    { weight: 1, arbitrary: fc.constant("written" as const) },
  );
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 60, size: "max" }), (steps) => {
      const arena = new WriteArena();
      const waiting: { group: RecordGroup; bytes: Buffer[] }[] = [];
      let open = { group: new RecordGroup(0, 0), bytes: [] as Buffer[] };
      for (const [at, one] of steps.entries()) {
        if (one === "next") {
          waiting.push(open);
          open = { group: new RecordGroup(0, at), bytes: [] };
        } else if (one === "written") {
          const written = waiting.shift();
          if (written !== undefined) arena.release(written.group);
        } else {
          const room = arena.take(one.bytes);
          expect(room.end - room.start).toBe(one.bytes);
          room.block.bytes.fill(at % 256, room.start, room.end);
          open.group.add(at, room);
          open.bytes.push(Buffer.alloc(one.bytes, at % 256));
        }
        for (const { group, bytes } of [...waiting, open]) {
          expect(Buffer.concat(group.parts).equals(Buffer.concat(bytes))).toBe(true);
        }
      }
    }),
    // The smallest of these histories takes minutes to find, and tells no more.
    { seed, numRuns: 15, endOnFailure: true },
  );
});
