/** A change of a source that breaks what the store promises. */
export interface PlantedBug {
  /** What it does, in words. */
  readonly name: string;
  /** Below packages/core/src. */
  readonly file: string;
  /** Stands exactly once in the file. */
  readonly find: string;
  readonly replace: string;
  /** The file of tests that finds it, below packages/core/src, without its ending. */
  readonly tests: string;
}
