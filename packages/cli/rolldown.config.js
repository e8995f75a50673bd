import { fileURLToPath } from "node:url";

/** The program of threads, which finds itself beside the code that starts it. */
const thread = new URL("../core/dist/platform/worker-thread.js", import.meta.url);

/**
 * The command as a few files instead of 480 modules: starting takes a third of the time, and 20 MB less
 * stay resident. What loads a native addon finds it beside its own package, so it stays outside.
 */
export default {
  input: { main: "dist/main.js", "worker-thread": fileURLToPath(thread) },
  platform: "node",
  external: [/^node:/, "fs-native-extensions", "level"],
  output: {
    dir: "bundle",
    format: "esm",
    entryFileNames: ({ name }) => (name === "main" ? "main.js" : `chunks/${name}.js`),
    chunkFileNames: "chunks/[name].js",
    sourcemap: true,
  },
};
