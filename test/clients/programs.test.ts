import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const run = promisify(execFile);

/** What the tier drives, and how each tells its version. */
const programs: readonly (readonly [string, string])[] = [
  ["aws", "--version"],
  ["rclone", "version"],
  ["restic", "version"],
  ["s3cmd", "--version"],
  ["nbdinfo", "--version"],
  ["nbdcopy", "--version"],
  ["nbdkit", "--version"],
  ["qemu-img", "--version"],
  ["fio", "--version"],
  ["mkfs.ext4", "-V"],
  ["strace", "--version"],
];

test.each(programs)("%s is installed", async (program, flag) => {
  const { stdout, stderr } = await run(program, [flag]);
  expect(stdout + stderr).toMatch(/\d+\.\d+/);
});
