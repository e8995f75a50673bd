import { defineConfig } from "vitest/config";

/** Tests read the sources of the packages, so a stale build cannot hide a change. */
export const sourceAliases = [
  {
    find: /^@firn\/([a-z]+)$/,
    replacement: new URL("./packages/$1/src/index.ts", import.meta.url).pathname,
  },
];

/** Every process that loads an AWS client would say when it will stop to support Node 20. */
export const quietClients = { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" };

/** `.ci/run` names a file to count the tests from. */
const report = process.env["FIRN_TEST_REPORT"];
export const reporting =
  report === undefined ? {} : { reporters: ["default", "json"], outputFile: { json: report } };

export default defineConfig({
  resolve: { alias: sourceAliases },
  test: {
    ...reporting,
    env: quietClients,
    include: ["packages/*/src/**/*.test.ts", "test/**/*.test.ts", "examples/**/*.test.ts"],
    exclude: ["**/node_modules/**", "test/clients/**"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    // No module keeps state: files of one worker share what they import, a quarter of all the time.
    isolate: false,
  },
});
