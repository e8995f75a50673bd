/** A change of a source that breaks what the store promises. */
export interface PlantedBug {
  /** What it does, in words. */
  readonly name: string;
  /** Whose sources, below packages. Default core. */
  readonly package?: "core" | "volumes";
  /** Below the package's src. */
  readonly file: string;
  /** Stands exactly once in the file. */
  readonly find: string;
  readonly replace: string;
  /** The file of tests that finds it, below the same folder, without its ending. */
  readonly tests: string;
}

/** The folder of a bug's file and tests, with a slash at its end. */
export function sourcesOf({ package: name = "core" }: PlantedBug): string {
  return `packages/${name}/src/`;
}
