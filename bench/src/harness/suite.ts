import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { toRows } from "./row.ts";
import type { Row, Sample } from "./row.ts";

/** How long and how often. */
export interface Form {
  readonly name: "quick" | "full";
  /** Seconds of one run. */
  readonly seconds: number;
  /** Runs of each contender; the median is quoted. */
  readonly runs: number;
  /** Only contenders whose name contains one of these; empty: all. */
  readonly only: readonly string[];
  /** Only workloads whose name contains this. */
  readonly workload: string;
}

/** Something measured in a workload beside others. */
export interface Contender {
  readonly name: string;
  /** One run on a fresh, empty directory. */
  run(directory: string, form: Form): Promise<Sample>;
}

export interface Workload {
  readonly name: string;
  readonly contenders: readonly Contender[];
}

export interface Suite {
  readonly name: string;
  /** Why a contender is absent, to be printed and kept beside the rows. */
  readonly notes: readonly string[];
  readonly workloads: readonly Workload[];
}

/**
 * Contenders take turns in every run, each run beginning with another one: what the machine does to
 * one it does to all.
 */
export async function runSuite(suite: Suite, form: Form, dataFolder: string): Promise<Row[]> {
  const rows: Row[] = [];
  const workloads = suite.workloads.filter(({ name }) => name.includes(form.workload));
  for (const workload of workloads) {
    const contenders = workload.contenders.filter(({ name }) => isWanted(name, form.only));
    const samples = new Map<string, Sample[]>(contenders.map(({ name }) => [name, []]));
    for (let run = 0; run < form.runs; run++) {
      for (let turn = 0; turn < contenders.length; turn++) {
        const contender = contenders[(run + turn) % contenders.length] as Contender;
        const sample = await runOnce(contender, form, dataFolder);
        samples.get(contender.name)?.push(sample);
      }
    }
    for (const { name } of contenders) {
      rows.push(...toRows(workload.name, name, samples.get(name) ?? []));
    }
  }
  return rows;
}

function isWanted(name: string, only: readonly string[]): boolean {
  return only.length === 0 || only.some((part) => name.includes(part));
}

async function runOnce(contender: Contender, form: Form, dataFolder: string): Promise<Sample> {
  const directory = join(dataFolder, "run");
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  try {
    return await contender.run(directory, form);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
