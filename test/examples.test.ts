import { execFile } from "node:child_process";
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { repositoryRoot } from "./support/repository.ts";

const run = promisify(execFile);
const folder = join(repositoryRoot, "examples");
const examples = (await readdir(folder)).filter((name) => name.endsWith(".js")).sort();

/** What each prints, line by line. */
const printed: Readonly<Record<string, readonly (string | RegExp)[]>> = {
  "archive.js": [/^tree hash [0-9a-f]{64}$/, "retrieved debit and credit"],
  "firn.js": ["health ok"],
  "objects.js": [
    /^stored "[0-9a-f]{32}"$/,
    "refused FIRN_OBJECT_PRECONDITION_FAILED",
    "listed 2026/glacier.txt 37",
    "read firn: snow on its way to becoming ice",
  ],
  "tables.js": ["at 10 snow 16", "at 2 snow 3"],
  "test-suite.js": ["a day later: 86400000"],
  "volumes.js": ["clone before the snapshot", "volume after the snapshot!"],
};

test("every example has its output here", () => {
  expect(examples).toEqual(Object.keys(printed));
});

test.each(examples)("%s runs on the built packages and prints what it promises", async (name) => {
  const directory = await mkdtemp(join(tmpdir(), "firn-example-"));
  try {
    const { stdout } = await run("node", [join(folder, name)], { cwd: directory });
    const lines = stdout.trimEnd().split("\n");
    const expected = printed[name] ?? [];
    expect(lines).toEqual(
      expected.map((line): unknown =>
        typeof line === "string" ? line : expect.stringMatching(line),
      ),
    );
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

test("the README and the guide show the examples as they are", async () => {
  const shown: Readonly<Record<string, readonly string[]>> = {
    "README.md": ["objects.js", "tables.js", "volumes.js", "archive.js"],
    "docs/guide/testing.md": ["test-suite.js"],
  };
  for (const [page, names] of Object.entries(shown)) {
    const text = await readFile(join(repositoryRoot, page), "utf8");
    const blocks = [...text.matchAll(/```js\n([\s\S]*?)```/g)].map((match) => match[1]);
    const files = await Promise.all(names.map((name) => readFile(join(folder, name), "utf8")));
    expect(blocks, page).toEqual(files);
  }
});
