import { defineConfig } from "vitest/config";
import { plantedBugs } from "./test/planted/bugs.ts";
import { sourcesOf } from "./test/planted/planted-bug.ts";
import { sourceAliases } from "./vitest.config.ts";

/** The tests of the bug's package, run on sources with one bug of test/planted in them. */
const bug = plantedBugs.find(({ name }) => name === process.env["FIRN_PLANTED_BUG"]);

export default defineConfig({
  resolve: { alias: sourceAliases },
  plugins: [
    {
      name: "planted-bug",
      enforce: "pre",
      transform(code: string, id: string): string | undefined {
        if (bug === undefined || !id.endsWith(`/${sourcesOf(bug)}${bug.file}`)) return undefined;
        if (!code.includes(bug.find)) throw new Error(`${bug.file} has no place for ${bug.name}`);
        return code.replace(bug.find, () => bug.replace);
      },
    },
  ],
  test: {
    include: ["packages/{core,volumes}/src/**/*.test.ts"],
    testTimeout: 24 * 60 * 60 * 1000,
    // One file finds it; what starts up beside it takes its time.
    maxWorkers: 1,
  },
});
