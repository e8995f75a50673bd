// Adds up what the steps of `.ci/run` left behind: a status each, and a report where vitest ran.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const folder = process.argv[2];
let passed = 0;
let failed = 0;

for (const file of readdirSync(folder).filter((name) => name.endsWith(".status"))) {
  const name = file.slice(0, -".status".length);
  const status = Number(readFileSync(join(folder, file), "utf8"));
  const report = join(folder, `${name}.json`);
  const counts = existsSync(report) ? JSON.parse(readFileSync(report, "utf8")) : undefined;
  const failedTests = counts?.numFailedTests ?? 0;
  passed += counts?.numPassedTests ?? 0;
  failed += failedTests;
  // A step is a test of its own: a file that does not load, or a step cut off, fails no test.
  if (status === 0) passed += 1;
  else if (failedTests === 0) failed += 1;
  if (status !== 0) console.log(`failed: ${name} (exit ${status}, ${failedTests} failed tests)`);
}

console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
