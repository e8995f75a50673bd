import { runInChild } from "../harness/child.ts";
import { rivalsInstalled } from "../harness/rivals.ts";
import type { Contender, Form, Suite, Workload } from "../harness/suite.ts";
import { ownContenders, rivalContenders, sealedContenders } from "./contenders.ts";
import type { OverwriteRun } from "./overwrite-child.ts";
import type { PutRun } from "./put-child.ts";
import type { ReadRun } from "./read-child.ts";
import type { SoakRun } from "./soak-child.ts";

const child = new URL("put-child.js", import.meta.url);
const overwriteChild = new URL("overwrite-child.js", import.meta.url);
const readChild = new URL("read-child.js", import.meta.url);
const soakChild = new URL("soak-child.js", import.meta.url);
const writerCounts = [1, 64, 1024];
/** Whom the read-then-put and large-payload figures are quoted against. */
const CLOSEST = ["rocksdb, sync, grouped", "level, sync, grouped"];

/** Puts, reads, the cost of cleaning, memory: what the core is held to. */
export function coreSuite(): Suite {
  const installed = rivalsInstalled();
  const own = Object.keys(ownContenders);
  const names = [...own, ...(installed ? Object.keys(rivalContenders) : [])];
  const firns = own.filter((name) => name.startsWith("firn"));
  const close = [...firns, ...(installed ? CLOSEST : [])];
  return {
    name: "core",
    notes: installed
      ? []
      : ["rivals are not installed: npx -y pnpm@12.21.0 install --dir bench/rivals"],
    workloads: [
      ...writerCounts.map((writers) => ({
        name: `durable put, 1 KiB, ${writers} writer${writers === 1 ? "" : "s"}`,
        contenders: names.map((name) => putter(name, { writers })),
      })),
      ...writerCounts.slice(1).map((writers) => ({
        name: `durable put behind a read of its key, 1 KiB, ${writers} writers`,
        contenders: close.map((name) => putter(name, { writers, readFirst: true })),
      })),
      {
        name: "durable put, 64 KiB, 64 writers",
        contenders: close.map((name) => putter(name, { writers: 64, valueBytes: 64 * 1024 })),
      },
      {
        name: "durable put with and without a key, 1 KiB, 64 writers",
        contenders: ["firn", ...Object.keys(sealedContenders)].map((name) =>
          putter(name, { writers: 64 }),
        ),
      },
      readWorkload(close, 100),
      readWorkload(close, 1024),
      ...writerCounts.slice(1).map((writers) => ({
        name: `overwriting 96k keys (quick: 8k), 1 KiB, ${writers} writers`,
        contenders: overwriteContenders({ writers, readers: 0, indexes: ["level", "runs"] }),
      })),
      readLatencyWorkload(),
      soakWorkload(["firn"]),
      hourWorkload(),
    ],
  };
}

function readWorkload(names: readonly string[], valueBytes: number): Workload {
  return {
    name: `gets, and ranges beside 64 writers; 5M keys (quick: 20k) of ${valueBytes} bytes`,
    contenders: names.map((name) => ({
      name,
      run: (directory, { seconds, name: form }) => {
        const keys = form === "full" ? 5_000_000 : 20_000;
        const each = part(seconds, 6);
        const input: ReadRun = { contender: name, directory, keys, valueBytes, seconds: each };
        return runInChild(readChild, input);
      },
    })),
  };
}

/** What readers notice of compaction. */
function readLatencyWorkload(): Workload {
  return {
    name: "gets by 4 readers beside 64 writers of the same 96k keys (quick: 8k)",
    contenders: overwriteContenders({ writers: 64, readers: 4, indexes: ["runs"] }),
  };
}

/** What the disk holds, and takes, while the same keys are written for an hour. */
function hourWorkload(): Workload {
  return {
    name: "an hour (quick: 1 s) of overwriting 1M keys (quick: 8k), 1 KiB, 64 writers, 1 reader",
    contenders: [
      {
        name: "firn",
        run: (directory, { seconds, name: form }) => {
          const input: OverwriteRun = {
            directory,
            index: "runs",
            compaction: "auto",
            writers: 64,
            readers: 1,
            keys: form === "full" ? 1_000_000 : 8 * 1024,
            seconds: long(form, seconds, 60),
          };
          return runInChild(overwriteChild, input);
        },
      },
    ],
  };
}

function soakWorkload(names: readonly string[]): Workload {
  return {
    name: "memory: 10M keys of 1 KiB written, then overwritten (quick: 50k)",
    contenders: names.map((name) => ({
      name,
      run: (directory, { seconds, name: form }) => {
        const keys = form === "full" ? 10_000_000 : 50_000;
        const soaked = long(form, seconds, 30);
        const input: SoakRun = { contender: name, directory, keys, seconds: soaked };
        return runInChild(soakChild, input);
      },
    })),
  };
}

/** The full form goes on for longer than other runs take: what leaks or piles up takes time. */
function long(form: Form["name"], seconds: number, factor: number): number {
  return form === "full" ? seconds * factor : seconds;
}

/** Quick runs stay short, though one has several parts. */
function part(seconds: number, parts: number): number {
  return Math.max(0.25, seconds / parts);
}

/** What the cleaning costs: the same writes with it and without. */
function overwriteContenders(run: {
  readonly writers: number;
  readonly readers: number;
  readonly indexes: readonly OverwriteRun["index"][];
}): Contender[] {
  const { writers, readers, indexes } = run;
  return indexes.flatMap((index) =>
    (["auto", "off"] as const).map((compaction) => ({
      name: `firn on ${index}, compaction ${compaction}`,
      run: (directory, { seconds, name: form }) => {
        const keys = form === "full" ? 96 * 1024 : 8 * 1024;
        const how = { index, compaction, writers, readers };
        const input: OverwriteRun = { directory, ...how, keys, seconds };
        return runInChild(overwriteChild, input);
      },
    })),
  );
}

function putter(
  name: string,
  { writers, valueBytes = 1024, readFirst = false }: Partial<PutRun> & { readonly writers: number },
): Contender {
  return {
    name,
    run: (directory, { seconds }) => {
      const input: PutRun = { contender: name, directory, writers, seconds, valueBytes, readFirst };
      return runInChild(child, input);
    },
  };
}
