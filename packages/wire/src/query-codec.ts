import { QUERY_DEPTH_MAX, QUERY_PARAMETERS_MAX } from "./constants.ts";
import { MalformedError, memberPath } from "./problem.ts";
import { readText } from "./scalar-text.ts";
import type { Members, Shape } from "./shape.ts";

/** Parameters by name, in order of arrival; a repeated name keeps its first value. */
export type QueryParameters = ReadonlyMap<string, string>;

/**
 * Decodes `a=b&c=d`; `+` is a space. A name without `=` has an empty value.
 * @throws MalformedError `encoding` on a bad escape, `syntax` on more than 10,000 parameters.
 */
export function parseQuery(text: string): QueryParameters {
  const out = new Map<string, string>();
  if (text === "") return out;
  const pairs = text.split("&");
  if (pairs.length > QUERY_PARAMETERS_MAX) throw new MalformedError({ kind: "syntax", path: "" });
  for (const pair of pairs) {
    if (pair === "") continue;
    const split = pair.indexOf("=");
    const name = unescape(split < 0 ? pair : pair.slice(0, split));
    if (!out.has(name)) out.set(name, split < 0 ? "" : unescape(pair.slice(split + 1)));
  }
  return out;
}

function unescape(text: string): string {
  try {
    return decodeURIComponent(text.includes("+") ? text.replaceAll("+", " ") : text);
  } catch {
    throw new MalformedError({ kind: "encoding", path: "", value: text });
  }
}

interface QueryNode {
  /** The parameter up to here, as it was sent. */
  readonly sent: string;
  value: string | undefined;
  readonly children: Map<string, QueryNode>;
}

/** Parameters of the request itself, not of an operation: its name and its signature. */
const COMMON = /^(Action|Version|X-Amz-.*)$/i;

/**
 * Reads the members of an operation from dotted parameters: `Filter.1.Value.2=…`.
 * @throws MalformedError `unknown` for a parameter that the operation does not have.
 */
export function readQueryMembers(
  members: Members,
  parameters: QueryParameters,
): Record<string, unknown> {
  const root: QueryNode = { sent: "", value: undefined, children: new Map() };
  for (const [name, value] of parameters) {
    // An operation that declares one of these wants to see it.
    if (!COMMON.test(name) || Object.hasOwn(members, name)) insert(root, name.split("."), value);
  }
  return readMembers(members, root, "");
}

function insert(root: QueryNode, steps: readonly string[], value: string): void {
  if (steps.length > QUERY_DEPTH_MAX) throw new MalformedError({ kind: "syntax", path: "" });
  let node = root;
  for (const step of steps) {
    let next = node.children.get(step);
    if (next === undefined) {
      const sent = node.sent === "" ? step : `${node.sent}.${step}`;
      next = { sent, value: undefined, children: new Map() };
      node.children.set(step, next);
    }
    node = next;
  }
  node.value ??= value;
}

function readMembers(members: Members, node: QueryNode, path: string): Record<string, unknown> {
  if (node.value !== undefined) throw unknown(node);
  const out: Record<string, unknown> = {};
  let known = 0;
  for (const [name, shape] of Object.entries(members)) {
    const child = node.children.get(shape.traits.name ?? name);
    if (child === undefined) continue;
    known++;
    const value = readNode(shape, child, memberPath(path, name));
    if (value !== undefined) out[name] = value;
  }
  if (known < node.children.size) throw unknown(strangerIn(members, node));
  return out;
}

function strangerIn(members: Members, node: QueryNode): QueryNode {
  const names = Object.entries(members).map(([name, { traits }]) => traits.name ?? name);
  const stranger = [...node.children].find(([step]) => !names.includes(step));
  return stranger === undefined ? node : stranger[1];
}

function unknown(node: QueryNode): MalformedError {
  let leaf: QueryNode | undefined = node;
  while (leaf.value === undefined) {
    const [first]: Iterable<QueryNode> = leaf.children.values();
    if (first === undefined) break;
    leaf = first;
  }
  return new MalformedError({ kind: "unknown", path: leaf.sent });
}

function readNode(shape: Shape, node: QueryNode, path: string): unknown {
  switch (shape.kind) {
    case "structure":
      return readMembers(shape.members, node, path);
    case "list":
      return readList(shape.of, node, path);
    default: {
      if (shape.kind === "unsupported") return readText(shape, "", path);
      const [deeper = node]: Iterable<QueryNode> = node.children.values();
      if (node.value === undefined || deeper !== node) throw unknown(deeper);
      return readText(shape, node.value, path);
    }
  }
}

// EC2 writes `Name.1`, the other query services `Name.member.1`. Gaps in the numbers are skipped.
function readList(of: Shape, node: QueryNode, path: string): unknown[] {
  if (node.value !== undefined) throw unknown(node);
  const items = [...(node.children.get("member") ?? node).children];
  const numbered = items.map(([index, child]) => ({ index: Number(index), child }));
  if (numbered.some(({ index }) => !Number.isSafeInteger(index) || index < 0)) {
    throw new MalformedError({ kind: "type", path, expected: "list" });
  }
  numbered.sort((a, b) => a.index - b.index);
  return numbered.map(({ child }, i) => readNode(of, child, `${path}.${i + 1}.member`));
}
