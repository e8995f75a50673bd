import { runInChild } from "../harness/child.ts";
import { rivalsInstalled } from "../harness/rivals.ts";
import type { Contender, Suite } from "../harness/suite.ts";
import { ownContenders, rivalContenders } from "./contenders.ts";
import type { OverwriteRun } from "./overwrite-child.ts";
import type { PutRun } from "./put-child.ts";

const child = new URL("put-child.js", import.meta.url);
const overwriteChild = new URL("overwrite-child.js", import.meta.url);
const writerCounts = [1, 64, 1024];

/** Durable 1 KiB puts under fresh random keys. */
export function coreSuite(): Suite {
  const installed = rivalsInstalled();
  const names = [...Object.keys(ownContenders), ...(installed ? Object.keys(rivalContenders) : [])];
  return {
    name: "core",
    notes: installed
      ? []
      : ["rivals are not installed: npx -y pnpm@12.21.0 install --dir bench/rivals"],
    workloads: [
      ...writerCounts.map((writers) => ({
        name: `durable put, 1 KiB, ${writers} writer${writers === 1 ? "" : "s"}`,
        contenders: names.map((name) => toContender(name, writers)),
      })),
      ...writerCounts.slice(1).map((writers) => ({
        name: `overwriting 96k keys, 1 KiB, ${writers} writers`,
        contenders: overwriteContenders(writers),
      })),
    ],
  };
}

/** What the cleaning costs: the same writes with it and without. */
function overwriteContenders(writers: number): Contender[] {
  return (["level", "runs"] as const).flatMap((index) =>
    (["auto", "off"] as const).map((compaction) => ({
      name: `firn on ${index}, compaction ${compaction}`,
      run: (directory, { seconds }) => {
        const input: OverwriteRun = { directory, index, compaction, writers, seconds };
        return runInChild(overwriteChild, input);
      },
    })),
  );
}

function toContender(name: string, writers: number): Contender {
  return {
    name,
    run: (directory, { seconds }) => {
      const input: PutRun = { contender: name, directory, writers, seconds };
      return runInChild(child, input);
    },
  };
}
