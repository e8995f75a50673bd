import type { ObjectStore } from "@firn/objects";
import {
  ANY,
  NO_OBJECT,
  conditionOf,
  currentOf,
  deleted,
  md5,
  md5OfPart,
  object,
  replaced,
  versionsOf,
  written,
} from "./object-model.ts";
import type { ModelState, ModelUpload, ModelVersion, Outcome } from "./object-model.ts";
import type { ObjectOperation } from "./object-operation.ts";

export const bucket = "model";
const HOUR_MS = 3_600_000;

/** A change as the engine's call, and what the model says of it. */
export interface PlannedCall {
  readonly run: (objects: ObjectStore) => Promise<unknown>;
  readonly outcome: Outcome;
}

export interface Planning {
  readonly state: ModelState;
  readonly nowMs: number;
  /** Distinct bodies. */
  readonly draw: (bytes: number) => Buffer;
}

type Of<K extends ObjectOperation["kind"]> = Extract<ObjectOperation, { readonly kind: K }>;

/** `undefined` for what changes nothing, or finds nothing to change. */
export function plannedCall(
  operation: ObjectOperation,
  planning: Planning,
): PlannedCall | undefined {
  switch (operation.kind) {
    case "put":
      return put(operation, planning);
    case "append":
      return append(operation, planning);
    case "delete":
      return deleteCurrent(operation, planning);
    case "deleteMany":
      return deleteMany(operation, planning);
    case "deleteVersion":
      return deleteVersion(operation, planning);
    case "copy":
      return copy(operation, planning);
    case "rename":
      return rename(operation, planning);
    case "tag":
      return tag(operation, planning);
    case "versioning":
      return versioning(operation, planning);
    case "retain":
    case "hold":
      return lock(operation, planning);
    default:
      return uploadCall(operation, planning);
  }
}

function put({ key, bytes, if: condition }: Of<"put">, { state, draw }: Planning): PlannedCall {
  const body = draw(bytes);
  const { refused, ...conditions } = conditionOf(state, key, condition);
  return {
    run: (objects) => objects.putObject({ bucket, key, body, ...conditions }),
    outcome: refused ?? written(state, key, object(body)),
  };
}

/** Behind what is there; what is kept beside the bytes stays. */
function append({ key, bytes }: Of<"append">, { state, draw }: Planning): PlannedCall {
  const current = currentOf(state, key);
  const body = draw(bytes);
  const writeOffsetBytes = current?.body?.length ?? 0;
  const run: PlannedCall["run"] = (objects) =>
    objects.putObject({ bucket, key, body, writeOffsetBytes });
  if (current?.body === undefined) return { run, outcome: written(state, key, object(body)) };
  const whole = Buffer.concat([current.body, body]);
  return { run, outcome: written(state, key, { ...current, body: whole, etag: ANY }) };
}

function deleteCurrent({ key, if: condition }: Of<"delete">, { state }: Planning): PlannedCall {
  const asked = condition === "isNew" ? "none" : condition;
  const { refused, ifMatch } = conditionOf(state, key, asked);
  return {
    run: (objects) => objects.deleteObject({ bucket, key, ifMatch }),
    outcome: refused ?? deleted(state, key),
  };
}

function deleteMany({ keys }: Of<"deleteMany">, { state }: Planning): PlannedCall | undefined {
  if (keys.length === 0) return undefined;
  const objects = keys.map((key) => ({ key }));
  return {
    run: (store) => store.deleteObjects({ bucket, objects }),
    outcome: keys.reduce((so, key) => deleted(so, key), state),
  };
}

function deleteVersion(
  { key, at, bypass }: Of<"deleteVersion">,
  { state, nowMs }: Planning,
): PlannedCall | undefined {
  const version = chosen(state, key, at);
  if (version === undefined) return undefined;
  const { hold, until = 0 } = version;
  const isLocked = hold || (until > nowMs && !bypass);
  const named = { bucket, key, versionId: version.id };
  return {
    run: (objects) => objects.deleteObject({ ...named, bypassGovernanceRetention: bypass }),
    outcome: isLocked
      ? ["FIRN_OBJECT_LOCKED"]
      : replaced(state, key, { from: version, to: undefined }),
  };
}

function copy({ from, to, at }: Of<"copy">, { state }: Planning): PlannedCall | undefined {
  const source = chosen(state, from, at);
  if (source?.body === undefined) return undefined;
  const { body, etag, tags } = source;
  const request = {
    ...{ bucket, key: to, sourceBucket: bucket, sourceKey: from, sourceVersionId: source.id },
    metadataDirective: "REPLACE" as const,
  };
  return {
    run: (objects) => objects.copyObject(request),
    outcome: written(state, to, object(body, { etag, tags })),
  };
}

function rename({ from, to }: Of<"rename">, { state }: Planning): PlannedCall {
  const source = currentOf(state, from);
  const run: PlannedCall["run"] = (objects) =>
    objects.renameObject({ bucket, key: to, sourceKey: from });
  if (from === to) return { run, outcome: ["FIRN_OBJECT_REQUEST_INVALID"] };
  if (source === undefined) return { run, outcome: NO_OBJECT };
  const moved = written(state, to, { ...source });
  return { run, outcome: deleted(moved, from) };
}

function tag({ key, at, count }: Of<"tag">, { state }: Planning): PlannedCall | undefined {
  const version = chosen(state, key, at);
  if (version?.body === undefined) return undefined;
  const named = { bucket, key, versionId: version.id };
  const tags = Object.fromEntries(Array.from({ length: count }, (_, n) => [`t${n}`, "v"]));
  return {
    run: (objects) =>
      count === 0
        ? objects.deleteObjectTagging(named)
        : objects.putObjectTagging({ ...named, tags }),
    outcome: replaced(state, key, { from: version, to: { ...version, tags: count } }),
  };
}

function versioning({ on }: Of<"versioning">, { state }: Planning): PlannedCall {
  const status = on ? "Enabled" : "Suspended";
  return {
    run: (objects) => objects.putBucketVersioning({ bucket, status }),
    outcome: state.locked && !on ? ["FIRN_BUCKET_STATE_INVALID"] : { ...state, status },
  };
}

function lock(
  operation: Of<"retain"> | Of<"hold">,
  { state, nowMs }: Planning,
): PlannedCall | undefined {
  const { key, at } = operation;
  const version = chosen(state, key, at);
  if (version?.body === undefined || !state.locked) return undefined;
  const named = { bucket, key, versionId: version.id };
  if (operation.kind === "hold") {
    const { on } = operation;
    return {
      run: (objects) => objects.putObjectLegalHold({ ...named, status: on ? "ON" : "OFF" }),
      outcome: replaced(state, key, { from: version, to: { ...version, hold: on } }),
    };
  }
  const until = nowMs + operation.hours * HOUR_MS;
  const isShorter = version.until !== undefined && version.until > nowMs && until < version.until;
  return {
    run: (objects) =>
      objects.putObjectRetention({ ...named, retention: { mode: "GOVERNANCE", until } }),
    outcome: isShorter
      ? ["FIRN_OBJECT_LOCKED"]
      : replaced(state, key, { from: version, to: { ...version, until } }),
  };
}

function uploadCall(operation: ObjectOperation, planning: Planning): PlannedCall | undefined {
  const { state, draw } = planning;
  if (operation.kind === "begin") {
    const { key } = operation;
    const upload: ModelUpload = { key, id: ANY, parts: new Map() };
    return {
      run: (objects) => objects.createMultipartUpload({ bucket, key }),
      outcome: { ...state, uploads: [...state.uploads, upload] },
    };
  }
  if (!("at" in operation)) return undefined;
  const upload = state.uploads[operation.at % Math.max(state.uploads.length, 1)];
  if (upload === undefined) return undefined;
  const named = { bucket, key: upload.key, uploadId: upload.id };
  switch (operation.kind) {
    case "part": {
      const { number: partNumber } = operation;
      const body = draw(operation.bytes);
      return {
        run: (objects) => objects.uploadPart({ ...named, partNumber, body }),
        outcome: withPart(state, upload, { number: partNumber, body }),
      };
    }
    case "partCopy": {
      const { number: partNumber, key: sourceKey } = operation;
      const { body, etag } = currentOf(state, sourceKey) ?? {};
      // The part takes over an ETag that is no digest, as that of what was appended to.
      if (body === undefined || body.length === 0 || etag !== md5(body)) return undefined;
      const source = { sourceBucket: bucket, sourceKey };
      return {
        run: (objects) => objects.uploadPartCopy({ ...named, ...source, partNumber }),
        outcome: withPart(state, upload, { number: partNumber, body }),
      };
    }
    case "complete":
      return complete(operation, upload, planning);
    case "abort":
      return {
        run: (objects) => objects.abortMultipartUpload(named),
        outcome: without(state, upload),
      };
    default:
      return undefined;
  }
}

/** Of one part: two that are so small are refused. */
function complete(
  { if: condition }: Of<"complete">,
  upload: ModelUpload,
  { state }: Planning,
): PlannedCall | undefined {
  const { key, id: uploadId, parts } = upload;
  const numbers = [...parts.keys()].sort();
  const [number = 0] = numbers;
  const body = parts.get(number);
  if (body === undefined) return undefined;
  const { refused, ...conditions } = conditionOf(state, key, condition);
  const eTag = object(body).etag;
  const request = { bucket, key, uploadId, parts: [{ partNumber: number, eTag }], ...conditions };
  return {
    run: (objects) => objects.completeMultipartUpload(request),
    outcome:
      refused ?? written(without(state, upload), key, object(body, { etag: md5OfPart(body) })),
  };
}

function withPart(
  state: ModelState,
  upload: ModelUpload,
  { number, body }: { readonly number: number; readonly body: Buffer },
): ModelState {
  const parts = new Map(upload.parts).set(number, body);
  const uploads = state.uploads.map((one) => (one === upload ? { ...one, parts } : one));
  return { ...state, uploads };
}

function without(state: ModelState, upload: ModelUpload): ModelState {
  return { ...state, uploads: state.uploads.filter((one) => one !== upload) };
}

function chosen(state: ModelState, key: string, at: number): ModelVersion | undefined {
  const versions = versionsOf(state, key);
  return versions[at % Math.max(versions.length, 1)];
}
