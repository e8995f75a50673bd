import { defineConfig } from "vitest/config";
import { quietClients, reporting, sourceAliases } from "./vitest.config.ts";

/** Real programs against the built server: what `.ci/run` installs from Debian. */
export default defineConfig({
  resolve: { alias: sourceAliases },
  test: {
    ...reporting,
    env: quietClients,
    include: ["test/clients/**/*.test.ts"],
    testTimeout: 300_000,
    hookTimeout: 60_000,
    // Ports, kernels' block devices and two cores are shared: one program at a time.
    fileParallelism: false,
  },
});
