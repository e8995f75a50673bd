/** A place in one of several runs that are read as one. */
export interface RunPlaceOfMany {
  /** Of the newest run 0: of equal keys it comes first. */
  readonly rank: number;
  /** `undefined` behind the last entry. */
  readonly key: Buffer | undefined;
}

/**
 * The places of several runs in the order of their keys. The one that has moved finds its new place
 * by halving: a few comparisons for each entry, and not two for each run.
 */
export class RunOrder<Place extends RunPlaceOfMany> {
  readonly #places: Place[];
  readonly #step: 1 | -1;

  constructor(places: readonly Place[], reverse: boolean) {
    this.#step = reverse ? -1 : 1;
    this.#places = places
      .filter(({ key }) => key !== undefined)
      .sort((a, b) => (this.#isBehind(a, b) ? 1 : -1));
  }

  /** The newest of those with the first key; `undefined` behind the end of all. */
  get first(): Place | undefined {
    return this.#places[0];
  }

  /** Call it when the first one has moved. */
  moved(): void {
    const places = this.#places;
    const place = places[0] as Place;
    if (place.key === undefined) {
      places.shift();
      return;
    }
    let low = 1;
    let high = places.length;
    // Of much-overwritten keys the next run has the same one, and of few runs the first stays.
    if (high === 1 || !this.#isBehind(place, places[1] as Place)) return;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#isBehind(place, places[middle] as Place)) low = middle + 1;
      else high = middle;
    }
    for (let at = 1; at < low; at++) places[at - 1] = places[at] as Place;
    places[low - 1] = place;
  }

  #isBehind(a: Place, b: Place): boolean {
    const order = (a.key as Buffer).compare(b.key as Buffer) * this.#step;
    return order > 0 || (order === 0 && a.rank > b.rank);
  }
}
