import { defineConfig } from "vitest/config";

/** Tests read the sources of the packages, so a stale build cannot hide a change. */
export default defineConfig({
  resolve: {
    alias: [
      {
        find: /^@firn\/([a-z]+)$/,
        replacement: new URL("./packages/$1/src/index.ts", import.meta.url).pathname,
      },
    ],
  },
  test: {
    include: ["packages/*/src/**/*.test.ts", "test/**/*.test.ts", "examples/**/*.test.ts"],
    exclude: ["**/node_modules/**", "test/clients/**", "test/full/**"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
  },
});
