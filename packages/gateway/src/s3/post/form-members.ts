import { compileInput, string } from "@firn/wire";
import type { InputReader, Operation, StructureOf } from "@firn/wire";
import { encryptionMembers } from "../encryption-headers.ts";
import { attributeMembers, bodyCheckMembers } from "../members.ts";
import { readTagging } from "../tag-documents.ts";

/** What a form can say, by the headers that say the same of a PutObject. */
const members: typeof attributeMembers & typeof bodyCheckMembers & typeof encryptionMembers = {
  ...attributeMembers,
  ...bodyCheckMembers,
  ...encryptionMembers,
};

export type FormInput = StructureOf<typeof members>;

const NOTHING: ReadonlyMap<string, string> = new Map();

/** Fields whose names differ from the headers'. */
const HEADERS: ReadonlyMap<string, string> = new Map([["acl", "x-amz-acl"]]);

/** The fields as headers of a PutObject would stand for them. */
export function formHeaders(fields: ReadonlyMap<string, string>): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of fields) headers[HEADERS.get(name) ?? name] = value;
  // In a form tags are a document.
  delete headers["x-amz-tagging"];
  return headers;
}

/** Reads them by the same declarations. */
export class FormInputReader {
  readonly #read: InputReader;

  constructor() {
    const operation: Operation = {
      name: "PostObject",
      http: { method: "POST", path: "/{Bucket}" },
      input: { ...members, Key: string() },
      output: {},
      outputRoot: undefined,
      errors: [],
      handler: () => undefined,
    };
    this.#read = compileInput(operation, "rest-xml");
  }

  /** @throws MalformedError, UnsupportedMemberError. */
  read(fields: ReadonlyMap<string, string>): FormInput {
    const parts = { labels: NOTHING, query: NOTHING, headers: formHeaders(fields) };
    return this.#read({ ...parts, body: new Uint8Array(), stream: undefined }) as FormInput;
  }
}

/** The tags of a form. @throws ServiceError MalformedXML, InvalidTag. */
export function formTags(fields: ReadonlyMap<string, string>): Record<string, string> | undefined {
  const document = fields.get("tagging");
  return document === undefined ? undefined : { ...readTagging(Buffer.from(document)) };
}
