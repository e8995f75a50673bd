/** A change of a source that breaks what the store promises. */
export interface PlantedBug {
  /** What it does, in words. */
  readonly name: string;
  /** Below packages/core/src. */
  readonly file: string;
  /** Stands exactly once in the file. */
  readonly find: string;
  readonly replace: string;
  /** The tests that find it, below packages/core/src; default: store, index and crashes. */
  readonly tests?: string | undefined;
}
