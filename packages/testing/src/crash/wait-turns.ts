/** A promise of the engine's that has not settled after this many turns never will. */
const TURNS_MAX = 3000;

export interface TurnWait {
  /** What is waited for, in words. */
  readonly what: string;
  /** Resolves behind everything that is ready now. */
  readonly turn: () => Promise<void>;
  /** The power has failed: nothing that was waited for will come. */
  readonly isDown: () => boolean;
}

/** `undefined` when the power failed meanwhile. @throws when it takes for ever. */
export async function waitTurns<T>(promise: Promise<T>, wait: TurnWait): Promise<T | undefined> {
  let outcome: { readonly value: T } | { readonly error: unknown } | undefined;
  promise.then(
    (value) => (outcome = { value }),
    (error: unknown) => (outcome = { error }),
  );
  for (let turn = 0; !wait.isDown(); turn++) {
    if (outcome !== undefined) {
      if ("error" in outcome) throw outcome.error;
      return outcome.value;
    }
    if (turn > TURNS_MAX) throw new Error(`the store never came to: ${wait.what}`);
    await wait.turn();
  }
  return undefined;
}
