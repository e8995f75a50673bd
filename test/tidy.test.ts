import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { errorCodes } from "./support/error-codes.ts";
import { readJson, repositoryRoot, textFiles } from "./support/repository.ts";
import type { TextFile } from "./support/repository.ts";

/**
 * Who may import whom. Workspace dependencies, project references and lint are held against this
 * table, and so is every import statement.
 */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  core: [],
  auth: ["core"],
  wire: ["core"],
  identity: ["core"],
  objects: ["core"],
  tables: ["core"],
  volumes: ["core"],
  archive: ["auth", "core"],
  nbd: ["volumes", "core"],
  gateway: ["wire", "auth", "identity", "objects", "tables", "volumes", "archive", "core"],
  firn: ["gateway", "nbd", "objects", "tables", "volumes", "archive", "identity", "core"],
  cli: ["firn", "core"],
  testing: ["core"],
};
/** Not published: simulators and models for tests and benchmarks. */
const privatePackages = new Set(["testing"]);
const packageNames = Object.keys(mayImport);

/** Of ARCHITECTURE.md. The eighth, that space comes back, needs compaction. */
const keptInvariants = [1, 2, 3, 4, 5, 6, 7, 9, 10];

const columnsMax = 100;
const sourceLinesMax = 400;
const testLinesMax = 600;
/** A decision is one page. */
const decisionLinesMax = 80;

const isTest = (path: string): boolean => /\.(test|contract)\.ts$/.test(path);
const sources = textFiles("packages", /^packages\/[a-z]+\/src\/.*\.ts$/);
const production = sources.filter((file) => !isTest(file.path));
const privateSources = ["test", "bench", "examples"].flatMap((folder) =>
  textFiles(folder, /\.ts$/).filter((file) => !file.path.startsWith("bench/rivals/")),
);
const prose = [
  ...textFiles("docs", /\.md$/),
  ...textFiles("packages", /^packages\/[a-z]+\/README\.md$/),
  ...["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"].flatMap((name) =>
    textFiles(".", new RegExp(`^${name}$`)),
  ),
];

describe("the direction of imports", () => {
  test("each package has a row in the table", () => {
    expect(readdirSync(join(repositoryRoot, "packages")).sort()).toEqual([...packageNames].sort());
  });

  test.each(packageNames)("%s depends in the workspace on what the table allows", (name) => {
    const manifest = readJson(`packages/${name}/package.json`);
    expect(firnNames(manifest["dependencies"])).toEqual(
      firnNames(manifest["dependencies"]).filter((other) => mayImport[name]?.includes(other)),
    );
    const allowedInTests = [...(mayImport[name] ?? []), "testing", name];
    expect(allowedInTests).toEqual(expect.arrayContaining(firnNames(manifest["devDependencies"])));
  });

  test.each(packageNames)("%s references the projects that it depends on", (name) => {
    const references = readJson(`packages/${name}/tsconfig.json`)["references"];
    const projects = (references as { path: string }[]).map((each) => each.path.replace("../", ""));
    const dependencies = firnNames(readJson(`packages/${name}/package.json`)["dependencies"]);
    expect(projects.sort()).toEqual(dependencies.sort());
  });

  test.each(packageNames)("%s has one lint override that says the same as the table", (name) => {
    const overrides = readJson(".oxlintrc.json")["overrides"] as LintOverride[];
    const own = overrides.filter((each) => each.files.includes(`packages/${name}/src/**/*.ts`));
    const rules = own.flatMap((each) => each.rules["no-restricted-imports"] ?? []);
    const groups = rules.flatMap((rule) => (typeof rule === "string" ? [] : rule.patterns));
    const firn = groups.flatMap((each) => each.group ?? []).filter((each) => /firn/.test(each));
    expect(firn).toEqual(["@firn/*", ...(mayImport[name] ?? []).map((each) => `!@firn/${each}`)]);
  });

  test("no source imports a package that the table does not allow", () => {
    const faults = sources.flatMap((file) => {
      const own = packageOf(file);
      const allowed = [...(mayImport[own] ?? []), ...(isTest(file.path) ? ["testing", own] : [])];
      return importsOf(file)
        .filter((target) => target.startsWith("@firn/"))
        .filter((target) => !allowed.includes(target.slice("@firn/".length)))
        .map((target) => `${file.path} imports ${target}`);
    });
    expect(faults).toEqual([]);
  });

  test("a relative import stays in its package and names the file that it means", () => {
    const faults = sources.flatMap((file) =>
      importsOf(file)
        .filter((target) => target.startsWith("."))
        .filter((target) => {
          const path = join(dirname(file.path), target);
          const inside = path.startsWith(`packages/${packageOf(file)}/src/`);
          return !inside || !existsSync(join(repositoryRoot, path));
        })
        .map((target) => `${file.path} imports ${target}`),
    );
    expect(faults).toEqual([]);
  });
});

describe("sources", () => {
  test("a file has one screenful of one concept: 400 lines at the most, tests 600", () => {
    const faults = [...sources, ...privateSources].flatMap((file) => {
      const lines = file.text.split("\n").length - 1;
      const most = isTest(file.path) ? testLinesMax : sourceLinesMax;
      return lines > most ? [`${file.path} has ${lines} lines, ${most} at the most`] : [];
    });
    expect(faults).toEqual([]);
  });

  test("a line has 100 columns at the most, unless a long text or word fills it", () => {
    // Texts are somebody's to match or a test's name; the formatter leaves them on one line.
    const text = /(["'`])(?:(?!\1).){40,}\1?/;
    const faults = findLines([...sources, ...privateSources], (line) => {
      if ([...line].length <= columnsMax) return false;
      const isComment = /^\s*(\*|\/\*|\/\/)/.test(line);
      const longWord = line.split(/\s+/).some((word) => word.length > columnsMax / 2);
      return !longWord && (isComment || !text.test(line));
    });
    expect(faults).toEqual([]);
  });

  test("file names are kebab-case, and a file with one export is named after it", () => {
    const kebab = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z]+)*\.ts$/;
    const faults = [...sources, ...privateSources].flatMap((file) => {
      const name = file.path.split("/").at(-1) ?? "";
      if (!kebab.test(name)) return [`${file.path} is not kebab-case`];
      const names = exportedNames(file);
      const words = names.length === 1 ? wordsOf(names[0] ?? "") : [];
      const shared = name.split(/[-.]/).some((part) => words.some((word) => alike(part, word)));
      return words.length > 0 && !shared ? [`${file.path} exports ${words.join(" ")}`] : [];
    });
    expect(faults).toEqual([]);
  });

  test("no state lives at the level of a module", () => {
    const container =
      /^(export )?const \w+(: (Weak)?(Map|Set)<.*>)? = new (Weak)?(Map|Set)\b.*\(\);/;
    const literal = /^(export )?const \w+(: [\w<>, ]+\[\])? = (\[\]|\{\});/;
    const faults = findLines(production, (line) => {
      if (/^(export )?let /.test(line)) return true;
      return (container.test(line) || literal.test(line)) && !line.includes("readonly");
    });
    expect(faults).toEqual([]);
  });

  test("nothing asks for the time by a bare new Date", () => {
    const injected = production.filter(
      (file) => !/^packages\/(core\/src\/platform|cli)/.test(file.path),
    );
    expect(findLines(injected, (line) => /new Date\(\)/.test(line))).toEqual([]);
  });

  test("nothing is left to do, skipped or singled out", () => {
    const marks = /\b[T]ODO\b|\b[F]IXME\b|\b[X]XX\b/;
    const singled = /\b(test|it|describe)\.(only|skip)\b/;
    const all = [...sources, ...privateSources];
    expect(findLines(all, (line) => marks.test(line) || singled.test(line))).toEqual([]);
  });

  test("nothing names a path of somebody's machine", () => {
    const everything = [...sources, ...privateSources, ...prose, ...textFiles(".ci", /run$/)];
    expect(
      findLines(everything, (line) => /(^|[\s"'`(])\/(work|root|home|tmp)\//.test(line)),
    ).toEqual([]);
  });
});

describe("tests", () => {
  test("every invariant of the core that this version keeps has a test named after it", () => {
    const tests = sources.filter(({ path }) => /^packages\/core\/.*\.test\.ts$/.test(path));
    const named = tests.flatMap(({ text }) =>
      [...text.matchAll(/["`]invariants? ([\d, ]+):/g)].flatMap((match) =>
        (match[1] ?? "").split(", ").map(Number),
      ),
    );
    expect(keptInvariants.filter((invariant) => !named.includes(invariant))).toEqual([]);
  });
});

describe("packages", () => {
  test.each(packageNames)("%s says what a published package has to say", (name) => {
    const manifest = readJson(`packages/${name}/package.json`);
    expect(manifest).toMatchObject({
      name: `@firn/${name}`,
      license: "Apache-2.0",
      type: "module",
      sideEffects: false,
      engines: { node: ">=20.19" },
      description: expect.stringMatching(/\S/) as string,
      exports: {
        ".": { types: "./dist/index.d.ts", default: "./dist/index.js" },
        "./package.json": "./package.json",
      },
    });
    if (privatePackages.has(name)) expect(manifest["private"]).toBe(true);
    else expect(manifest).toMatchObject({ publishConfig: { access: "public" } });
  });

  test("all packages have one version, and name one another by it", () => {
    const versions = new Set<unknown>();
    for (const name of packageNames) {
      const manifest = readJson(`packages/${name}/package.json`);
      versions.add(manifest["version"]);
      const dependencies = Object.entries((manifest["dependencies"] ?? {}) as object);
      for (const [other, range] of dependencies)
        if (other.startsWith("@firn/")) versions.add(range as string);
    }
    expect([...versions]).toHaveLength(1);
  });
});

describe("documentation", () => {
  test("every relative link leads to a file", () => {
    const faults = prose.flatMap((file) =>
      [...file.text.matchAll(/\]\(([^)\s#]+)(#[^)]*)?\)/g)]
        .map((match) => match[1] ?? "")
        .filter((target) => !/^[a-z]+:/.test(target))
        .filter((target) => !existsSync(join(repositoryRoot, dirname(file.path), target)))
        .map((target) => `${file.path} links to ${target}`),
    );
    expect(faults).toEqual([]);
  });

  test("a decision is one page", () => {
    const faults = textFiles("docs/decisions", /\.md$/)
      .filter((file) => file.text.split("\n").length - 1 > decisionLinesMax)
      .map((file) => file.path);
    expect(faults).toEqual([]);
  });

  test("the guide has every setting of the server, in its three forms", () => {
    const guide = textFiles("docs/guide", /configuration\.md$/)[0]?.text ?? "";
    const source = textFiles("packages/cli/src", /\/settings\.ts$/)[0]?.text ?? "";
    const keys = [...source.matchAll(/^ {2}setting\("(\w+)"/gm)].map((match) => match[1] ?? "");
    expect(keys.length).toBeGreaterThan(0);
    const missing = keys.flatMap((key) => {
      const flag = key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
      const variable = `FIRN_${flag.replaceAll("-", "_").toUpperCase()}`;
      return [key, `--${flag}`, variable].filter((form) => !guide.includes(`\`${form}\``));
    });
    expect(missing).toEqual([]);
  });

  test("the guide says of every code of the core what to do", () => {
    const guide = textFiles("docs/guide", /errors\.md$/)[0]?.text ?? "";
    const codes = errorCodes().filter(({ packageName }) => packageName === "core");
    expect(codes.filter(({ code }) => !guide.includes(`\`${code}\``))).toEqual([]);
  });
});

interface LintOverride {
  readonly files: readonly string[];
  readonly rules: Readonly<
    Record<string, readonly (string | { patterns: readonly { group?: readonly string[] }[] })[]>
  >;
}

function packageOf(file: TextFile): string {
  return file.path.split("/")[1] ?? "";
}

function firnNames(dependencies: unknown): string[] {
  return Object.keys((dependencies ?? {}) as object)
    .filter((name) => name.startsWith("@firn/"))
    .map((name) => name.slice("@firn/".length));
}

function importsOf(file: TextFile): string[] {
  const pattern = /(?:^|\n)\s*(?:import|export)\s[^"'`;]*?from\s+"([^"]+)"|import\("([^"]+)"\)/g;
  return [...file.text.matchAll(pattern)].map((match) => match[1] ?? match[2] ?? "");
}

function findLines(files: readonly TextFile[], isFault: (line: string) => boolean): string[] {
  return files.flatMap((file) =>
    file.text
      .split("\n")
      .flatMap((line, index) =>
        isFault(line) ? [`${file.path}:${index + 1} ${line.trim()}`] : [],
      ),
  );
}

/** What a file exports under its own name; nothing for an index, which exports others' things. */
function exportedNames(file: TextFile): string[] {
  if (/(index|constants|main|config)\.ts$/.test(file.path) || isTest(file.path)) return [];
  const declared =
    /^export (?:abstract |async )?(?:class|function\*?|const|interface|type) (\w+)/gm;
  return [...file.text.matchAll(declared)].map((match) => match[1] ?? "");
}

/** "random" and "randoms", "encode" and "encoding". */
function alike(one: string, other: string): boolean {
  const length = Math.max(3, Math.min(one.length, other.length) - 2);
  return one.slice(0, length) === other.slice(0, length);
}

/** "SeededRandom" gives ["seeded", "random"]. */
function wordsOf(name: string): string[] {
  return [...name.matchAll(/[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+/g)].map((match) =>
    match[0].toLowerCase(),
  );
}
