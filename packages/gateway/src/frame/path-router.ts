import { MalformedError } from "@firn/wire";
import type { HttpBinding } from "@firn/wire";

/** What REST routing looks at. */
export interface RoutedRequest {
  readonly method: string;
  /** Percent-encoded, without the query. */
  readonly path: string;
  readonly query: ReadonlyMap<string, string>;
  readonly headers: Readonly<Record<string, unknown>>;
}

export interface RouteMatch<T> {
  readonly target: T;
  /** Decoded path labels. */
  readonly labels: ReadonlyMap<string, string>;
}

interface Segment {
  readonly label: boolean;
  /** Takes the rest of the path, slashes included. */
  readonly greedy: boolean;
  readonly text: string;
}

interface Candidate<T> {
  readonly target: T;
  /** Of its own binding: neighbours on the same path may name its labels otherwise. */
  readonly segments: readonly Segment[];
  readonly query: readonly (readonly [name: string, value: string | undefined])[];
  readonly headers: readonly string[];
}

interface PathGroup<T> {
  readonly segments: readonly Segment[];
  /** Most conditions first. */
  readonly candidates: Candidate<T>[];
}

/** Finds REST operations by method, path and conditions; the path with more literals wins. */
export class PathRouter<T> {
  readonly #methods = new Map<string, Map<string, PathGroup<T>>>();

  add(binding: HttpBinding, target: T): void {
    const groups = this.#methods.get(binding.method) ?? new Map<string, PathGroup<T>>();
    this.#methods.set(binding.method, groups);
    const shape = binding.path.replaceAll(/\{[^}+]*/g, "{");
    const segments = parsePattern(binding.path);
    const group = groups.get(shape) ?? { segments, candidates: [] };
    groups.set(shape, group);
    const query = (binding.query ?? []).map(parseCondition);
    group.candidates.push({ target, segments, query, headers: binding.headers ?? [] });
    group.candidates.sort((a, b) => conditionCount(b) - conditionCount(a));
  }

  /** @throws MalformedError when a label is not valid percent-encoding. */
  find(request: RoutedRequest): RouteMatch<T> | undefined {
    const groups = this.#methods.get(request.method);
    if (groups === undefined) return undefined;
    const parts = splitPath(request.path);
    let best: { readonly match: RouteMatch<T>; readonly literals: number } | undefined;
    for (const group of groups.values()) {
      const literals = matchSegments(group.segments, parts);
      if (literals < 0 || (best !== undefined && best.literals >= literals)) continue;
      const candidate = group.candidates.find((one) => holds(one, request));
      if (candidate === undefined) continue;
      const match = { target: candidate.target, labels: labelsOf(candidate.segments, parts) };
      best = { match, literals };
    }
    return best?.match;
  }
}

function parsePattern(path: string): Segment[] {
  return splitPath(path).map((part) => {
    const label = part.startsWith("{");
    const greedy = part.endsWith("+}");
    return { label, greedy, text: label ? part.slice(1, greedy ? -2 : -1) : part };
  });
}

/**
 * A trailing slash behind the first segment is part of the path (`/bucket/` is the bucket itself).
 */
function splitPath(path: string): string[] {
  if (path === "/" || path === "") return [];
  const parts = path.slice(1).split("/");
  if (parts.length === 2 && parts[1] === "") parts.pop();
  return parts;
}

function parseCondition(text: string): readonly [string, string | undefined] {
  const split = text.indexOf("=");
  return split < 0 ? [text, undefined] : [text.slice(0, split), text.slice(split + 1)];
}

function conditionCount(candidate: Candidate<unknown>): number {
  return candidate.query.length + candidate.headers.length;
}

/** Number of literal segments when the path fits, else -1. */
function matchSegments(segments: readonly Segment[], parts: readonly string[]): number {
  const greedy = segments.at(-1)?.greedy === true;
  if (greedy ? parts.length < segments.length : parts.length !== segments.length) return -1;
  let literals = 0;
  for (let i = 0; i < segments.length; i++) {
    const segment = segments[i];
    if (segment === undefined || segment.label) continue;
    if (segment.text !== parts[i]) return -1;
    literals++;
  }
  return literals;
}

function labelsOf(
  segments: readonly Segment[],
  parts: readonly string[],
): ReadonlyMap<string, string> {
  const labels = new Map<string, string>();
  segments.forEach((segment, i) => {
    if (!segment.label) return;
    const raw = segment.greedy ? parts.slice(i).join("/") : (parts[i] ?? "");
    labels.set(segment.text, raw.includes("%") ? unescapeLabel(raw, segment.text) : raw);
  });
  return labels;
}

function unescapeLabel(raw: string, name: string): string {
  try {
    return decodeURIComponent(raw);
  } catch {
    throw new MalformedError({ kind: "encoding", path: name, value: raw });
  }
}

function holds(candidate: Candidate<unknown>, request: RoutedRequest): boolean {
  for (const [name, value] of candidate.query) {
    const given = request.query.get(name);
    if (given === undefined || (value !== undefined && value !== given)) return false;
  }
  return candidate.headers.every((name) => request.headers[name] !== undefined);
}
