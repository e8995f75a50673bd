import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { readJson, repositoryRoot } from "./support/repository.ts";

const run = promisify(execFile);
/** Installing asks the registry for the libraries under the packages: minutes on a slow line. */
const timeoutMs = 240_000;

test(
  "packed packages install into an empty project and serve ESM, CommonJS and TypeScript",
  { timeout: timeoutMs },
  async () => {
    const project = await mkdtemp(join(tmpdir(), "firn-packages-"));
    try {
      const names = await publicPackages();
      await pack(names, project);
      await install(project);
      await writeConsumers(project, names);

      const libraries = names.filter((name) => name !== "cli").map((name) => `@firn/${name}`);
      const esm = await run("node", ["consumer.mjs"], { cwd: project });
      expect(JSON.parse(esm.stdout)).toEqual(libraries);
      const commonJs = await run("node", ["--no-warnings", "consumer.cjs"], { cwd: project });
      expect(JSON.parse(commonJs.stdout)).toEqual(libraries);
      const command = await run("node_modules/.bin/firn", ["--version"], { cwd: project });
      expect(command.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);

      for (const name of names) {
        const files = await readdir(join(project, "node_modules/@firn", name));
        expect(files, name).toEqual(expect.arrayContaining(["LICENSE", "README.md", "dist"]));
      }

      await typeCheck(project, "nodenext", "nodenext");
      await typeCheck(project, "esnext", "bundler");
    } finally {
      await rm(project, { recursive: true, force: true });
    }
  },
);

async function publicPackages(): Promise<string[]> {
  const names = await readdir(join(repositoryRoot, "packages"));
  return names
    .filter((name) => readJson(`packages/${name}/package.json`)["private"] !== true)
    .sort();
}

async function pack(names: readonly string[], project: string): Promise<void> {
  const folders = names.map((name) => `./packages/${name}`);
  await run("npm", ["pack", "--silent", "--pack-destination", project, ...folders], {
    cwd: repositoryRoot,
  });
}

async function install(project: string): Promise<void> {
  const manifest = { name: "consumer", private: true, version: "1.0.0" };
  await writeFile(join(project, "package.json"), JSON.stringify(manifest));
  const tarballs = (await readdir(project)).filter((name) => name.endsWith(".tgz"));
  const quiet = ["--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"];
  await run("npm", ["install", ...quiet, ...tarballs.map((name) => `./${name}`)], { cwd: project });
}

async function writeConsumers(project: string, names: readonly string[]): Promise<void> {
  const list = names.map((name) => `@firn/${name}`);
  const use = `
    const usable = names.filter((name, i) => Object.keys(modules[i]).length > 0);
    const { Firn } = modules[names.indexOf("@firn/firn")];
    const firn = await Firn.open({ ephemeral: true });
    await firn.objects.createBucket({ bucket: "packed" });
    await firn.objects.putObject({ bucket: "packed", key: "k", body: Buffer.from("v") });
    const server = await firn.listen({ port: 0 });
    const health = await fetch(server.address.endpoint + "/_firn/health");
    if (health.status !== 200) throw new Error("no health");
    await firn.close();
    console.log(JSON.stringify(usable));`;
  await writeFile(
    join(project, "consumer.mjs"),
    `const names = ${JSON.stringify(list)};
    const modules = await Promise.all(names.map((name) => import(name)));${use}`,
  );
  await writeFile(
    join(project, "consumer.cjs"),
    `const names = ${JSON.stringify(list)};
    const modules = names.map((name) => require(name));
    (async () => {${use}})();`,
  );
  await writeFile(
    join(project, "consumer.ts"),
    `${list.map((name, i) => `export * as module${i} from "${name}";`).join("\n")}
    import { Firn } from "@firn/firn";
    import type { PutObjectResult } from "@firn/objects";
    export async function use(): Promise<PutObjectResult> {
      const firn = await Firn.open({ ephemeral: true });
      // @ts-expect-error a request without a key is no request
      await firn.objects.putObject({ bucket: "packed" });
      return firn.objects.putObject({ bucket: "packed", key: "k", body: Buffer.from("v") });
    }`,
  );
}

async function typeCheck(project: string, module: string, resolution: string): Promise<void> {
  const options = {
    module,
    moduleResolution: resolution,
    target: "es2023",
    lib: ["es2023", "esnext.disposable"],
    strict: true,
    noEmit: true,
    typeRoots: [join(repositoryRoot, "node_modules/@types")],
    types: ["node"],
    // Our declarations must stand without it; the libraries' under them are not ours to mend.
    skipLibCheck: true,
  };
  const config = join(project, `tsconfig.${resolution}.json`);
  await writeFile(config, JSON.stringify({ compilerOptions: options, files: ["consumer.ts"] }));
  const compiler = join(repositoryRoot, "node_modules/.bin/tsc");
  const result = await run(compiler, ["-p", config], { cwd: project }).catch(
    (error: { stdout?: string }) => error,
  );
  expect(result.stdout).toBe("");
}
