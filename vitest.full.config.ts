import { defineConfig } from "vitest/config";
import { quietClients, reporting, sourceAliases } from "./vitest.config.ts";

/**
 * The long tier: every random suite works for its share of FIRN_BUDGET_SECONDS, prints its seed and
 * what it covered, and goes on from FIRN_SEED.
 */
const budgetSeconds = Number(process.env["FIRN_BUDGET_SECONDS"] ?? 600);

export default defineConfig({
  resolve: { alias: sourceAliases },
  test: {
    ...reporting,
    include: ["packages/*/src/**/*.test.ts", "test/**/*.test.ts"],
    exclude: ["**/node_modules/**", "test/clients/**"],
    env: {
      ...quietClients,
      FIRN_BUDGET_SECONDS: String(budgetSeconds),
      // A cycle of the kill test takes about a second.
      FIRN_KILL_CYCLES: process.env["FIRN_KILL_CYCLES"] ?? String(budgetSeconds),
    },
    globalSetup: ["test/support/total-recoveries.ts"],
    testTimeout: 24 * 60 * 60 * 1000,
    hookTimeout: 60_000,
    maxWorkers: 2,
  },
});
