import { defineConfig } from "vitest/config";
import { reporting, sourceAliases } from "./vitest.config.ts";

/** The long tier: each suite works until its share of FIRN_BUDGET_SECONDS is used, by FIRN_SEED. */
export default defineConfig({
  resolve: { alias: sourceAliases },
  test: {
    ...reporting,
    include: ["packages/*/src/**/*.test.ts", "test/**/*.test.ts", "examples/**/*.test.ts"],
    exclude: ["**/node_modules/**", "test/clients/**"],
    testTimeout: 24 * 60 * 60 * 1000,
    hookTimeout: 60_000,
    maxWorkers: 2,
  },
});
