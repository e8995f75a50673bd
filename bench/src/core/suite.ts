import { runInChild } from "../harness/child.ts";
import { rivalsInstalled } from "../harness/rivals.ts";
import type { Contender, Suite } from "../harness/suite.ts";
import { ownContenders, rivalContenders } from "./contenders.ts";
import type { PutRun } from "./put-child.ts";

const child = new URL("put-child.js", import.meta.url);
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
    workloads: writerCounts.map((writers) => ({
      name: `durable put, 1 KiB, ${writers} writer${writers === 1 ? "" : "s"}`,
      contenders: names.map((name) => toContender(name, writers)),
    })),
  };
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
