import type { Soon } from "./store-api.ts";

/** What `next` makes of a value: at once where it is there, so that few promises are made. */
export function whenThere<T, R>(value: Soon<T>, next: (value: T) => Soon<R>): Soon<R> {
  return value instanceof Promise ? value.then(next) : next(value);
}
