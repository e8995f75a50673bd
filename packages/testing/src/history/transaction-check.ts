/**
 * Strict serializability of transactions on lists: each appends values, all different, to lists, or
 * reads lists, or both. What is read tells the order of the appends; from that follows who must
 * have come before whom, and a cycle in it is a violation: no order explains what was seen.
 *
 *   ww   appended before another to the same list
 *   wr   appended the last value that the other read
 *   rw   read a list before the other appended to it
 *   rt   had its answer before the other was called
 */

export interface ListRead {
  readonly key: string;
  readonly values: readonly number[];
}

export interface ListTransaction {
  /** Moments of one clock: whatever grows. */
  readonly call: number;
  /** Absent when nobody knows whether it was carried out. */
  readonly answer?: number | undefined;
  readonly appends: readonly { readonly key: string; readonly value: number }[];
  readonly reads: readonly ListRead[];
}

/** What is wrong with a history, in words, with the transactions that it takes. */
export interface TransactionFault {
  readonly what: string;
  readonly transactions: readonly ListTransaction[];
}

export function checkTransactions(
  transactions: readonly ListTransaction[],
): TransactionFault | undefined {
  const orders = listOrders(transactions);
  if ("what" in orders) return orders;
  const writers = writersOf(transactions);
  const foreign = readOfNothing(transactions, writers);
  if (foreign !== undefined) return foreign;
  const edges = transactions.map(() => new Set<number>());
  addDataEdges(transactions, edges, { orders, writers });
  addTimeEdges(transactions, edges);
  const cycle = findCycle(edges);
  if (cycle === undefined) return undefined;
  const members = cycle.map((i) => transactions[i] as ListTransaction);
  return { what: "transactions that all come before one another", transactions: members };
}

type Orders = ReadonlyMap<string, readonly number[]>;

/** The longest list that was read of each key; every other must be its beginning. */
function listOrders(transactions: readonly ListTransaction[]): Orders | TransactionFault {
  const orders = new Map<string, readonly number[]>();
  for (const transaction of transactions) {
    for (const { key, values } of transaction.reads) {
      const longest = orders.get(key) ?? [];
      const [short, long] = values.length > longest.length ? [longest, values] : [values, longest];
      if (short.some((value, i) => value !== long[i])) {
        return { what: `two orders of the list ${key}`, transactions: [transaction] };
      }
      orders.set(key, long);
    }
  }
  return orders;
}

type Writers = ReadonlyMap<string, number>;

function writersOf(transactions: readonly ListTransaction[]): Writers {
  const writers = new Map<string, number>();
  transactions.forEach(({ appends }, i) => {
    for (const { key, value } of appends) writers.set(`${key}/${value}`, i);
  });
  return writers;
}

/** A value that nobody appended, or whose append was refused. */
function readOfNothing(
  transactions: readonly ListTransaction[],
  writers: Writers,
): TransactionFault | undefined {
  for (const transaction of transactions) {
    for (const { key, values } of transaction.reads) {
      const foreign = values.find((value) => !writers.has(`${key}/${value}`));
      if (foreign === undefined) continue;
      return { what: `${foreign} in the list ${key}: never appended`, transactions: [transaction] };
    }
  }
  return undefined;
}

type Edges = readonly Set<number>[];

function addDataEdges(
  transactions: readonly ListTransaction[],
  edges: Edges,
  { orders, writers }: { readonly orders: Orders; readonly writers: Writers },
): void {
  const link = (from: number | undefined, to: number | undefined): void => {
    if (from !== undefined && to !== undefined && from !== to) edges[from]?.add(to);
  };
  for (const [key, order] of orders) {
    order.forEach((value, i) => {
      if (i > 0) link(writers.get(`${key}/${order[i - 1]}`), writers.get(`${key}/${value}`));
    });
  }
  const unseen = unseenAppends(transactions, orders);
  transactions.forEach(({ reads }, reader) => {
    for (const { key, values } of reads) {
      const order = orders.get(key) ?? [];
      if (values.length > 0) link(writers.get(`${key}/${values.at(-1)}`), reader);
      if (values.length < order.length) link(reader, writers.get(`${key}/${order[values.length]}`));
      // Appends that nobody ever saw come behind everything that was seen.
      for (const writer of unseen.get(key) ?? []) link(reader, writer);
    }
  });
}

/** Of those that are known to have happened. */
function unseenAppends(
  transactions: readonly ListTransaction[],
  orders: Orders,
): ReadonlyMap<string, readonly number[]> {
  const unseen = new Map<string, number[]>();
  transactions.forEach(({ appends, answer }, i) => {
    if (answer === undefined) return;
    for (const { key, value } of appends) {
      if (orders.get(key)?.includes(value) === true) continue;
      unseen.set(key, [...(unseen.get(key) ?? []), i]);
    }
  });
  return unseen;
}

/**
 * Who had its answer before another was called. Of those that are over, only the ones that are not
 * before another one that is over need an edge: the rest follows.
 */
function addTimeEdges(transactions: readonly ListTransaction[], edges: Edges): void {
  const byAnswer = transactions
    .map(({ answer }, i) => ({ answer, i }))
    .filter((each): each is { answer: number; i: number } => each.answer !== undefined)
    .sort((left, right) => left.answer - right.answer);
  const byCall = transactions.map((_, i) => i).sort((a, b) => callOf(a) - callOf(b));
  let frontier: number[] = [];
  let over = 0;
  for (const i of byCall) {
    for (; over < byAnswer.length; over++) {
      const ended = byAnswer[over] as { answer: number; i: number };
      if (ended.answer >= callOf(i)) break;
      frontier = frontier.filter((other) => answerOf(other) >= callOf(ended.i));
      frontier.push(ended.i);
    }
    for (const before of frontier) edges[before]?.add(i);
  }

  function callOf(i: number): number {
    return (transactions[i] as ListTransaction).call;
  }
  function answerOf(i: number): number {
    return (transactions[i] as ListTransaction).answer ?? Infinity;
  }
}

/** A way from a transaction back to itself, if there is one. */
function findCycle(edges: Edges): number[] | undefined {
  const done = new Set<number>();
  for (let root = 0; root < edges.length; root++) {
    if (done.has(root)) continue;
    const path: number[] = [];
    const onPath = new Set<number>();
    const stack: { readonly node: number; readonly rest: Iterator<number> }[] = [];
    const enter = (node: number): void => {
      path.push(node);
      onPath.add(node);
      stack.push({ node, rest: (edges[node] as Set<number>).values() });
    };
    enter(root);
    while (stack.length > 0) {
      const { node, rest } = stack.at(-1) as (typeof stack)[number];
      const { done: ended, value: to } = rest.next();
      if (ended === true) {
        stack.pop();
        path.pop();
        onPath.delete(node);
        done.add(node);
      } else if (onPath.has(to)) return path.slice(path.indexOf(to));
      else if (!done.has(to)) enter(to);
    }
  }
  return undefined;
}
