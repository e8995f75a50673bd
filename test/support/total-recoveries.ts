import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

interface Line {
  readonly count: number;
  readonly perCpuMinute: number;
}

/** Before the long tier: its crash suites, in whatever process, write down what they recovered. */
export function setup(): void {
  const path = join(mkdtempSync(join(tmpdir(), "firn-recoveries-")), "lines");
  writeFileSync(path, "");
  process.env["FIRN_RECOVERIES"] = path;
}

/** Behind it: one total of all. */
export function teardown(): void {
  const path = process.env["FIRN_RECOVERIES"];
  if (path === undefined) return;
  const text = readFileSync(path, "utf8").trim();
  rmSync(dirname(path), { recursive: true });
  if (text === "") return;
  const lines = text.split("\n").map((line) => JSON.parse(line) as Line);
  const count = lines.reduce((sum, line) => sum + line.count, 0);
  const minutes = lines.reduce((sum, line) => sum + line.count / line.perCpuMinute, 0);
  const rate = Math.round(count / minutes);
  console.log(`crash-recoveries in all: ${count}, ${rate} a minute of one core`);
}
