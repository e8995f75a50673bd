import type { Chance } from "./chance.ts";

/** Forms of browsers' uploads, whole or not, with a policy and without. */

const BOUNDARIES = ["b", "----WebKitFormBoundary7MA4YWxk", "x'()+_,-./:=?"];
const NAMES = ["success_action_status", "acl", "tagging", "x-amz-meta-a", "content-type", "x-odd"];
const VALUES = ["201", "200", "private", "text/plain", "<Tagging/>", "${filename}", "", "é", "😀"];
const LINES = ["\r\n", "--", "--b", "--b--", 'name="file"', "filename=", ";", "\u0000", '"'];
const DAY_MS = 86_400_000;

export interface FuzzedForm {
  readonly contentType: string;
  readonly body: Buffer;
}

export function formOf(chance: Chance, bucket: string): FuzzedForm {
  const boundary = chance.pick(BOUNDARIES);
  const fields: [string, string][] = [["key", chance.pick(["k", "form/${filename}", "é", ""])]];
  while (chance.oneIn(3)) fields.push([chance.pick(NAMES), chance.pick(VALUES)]);
  if (!chance.oneIn(4)) fields.push(...signatureOf(chance, policyOf(chance, bucket, fields)));
  if (chance.oneIn(6)) fields.reverse();
  const parts = fields.map(([name, value]) => part(boundary, `name="${name}"`, value));
  const file = `name="file"; filename="${chance.pick(["a.txt", "c:\\a\\b.txt", "", "ü"])}"`;
  parts.push(part(boundary, `${file}\r\nContent-Type: text/plain`, "x".repeat(chance.below(400))));
  const text = `${parts.join("")}--${boundary}--\r\n`;
  const kind = chance.oneIn(20) ? "text/plain" : "multipart/form-data";
  const quoted = chance.oneIn(3) || boundary.includes(":") ? `"${boundary}"` : boundary;
  return { contentType: `${kind}; boundary=${quoted}`, body: chance.spoiled(text, LINES) };
}

function part(boundary: string, disposition: string, value: string): string {
  const head = `--${boundary}\r\nContent-Disposition: form-data; ${disposition}`;
  return `${head}\r\n\r\n${value}\r\n`;
}

/** One that lets the fields be, most often. */
function policyOf(
  chance: Chance,
  bucket: string,
  fields: readonly (readonly [string, string])[],
): string {
  const conditions: unknown[] = [{ bucket }, ["content-length-range", 0, chance.pick([1000, 5])]];
  for (const [name, value] of fields) {
    if (chance.oneIn(15)) continue;
    const plain = value.replace("${filename}", "");
    conditions.push(chance.oneIn(2) ? ["starts-with", `$${name}`, plain] : { [name]: value });
  }
  const words = ["{}", "[]", "null", '"$key"', "1e9", '"eq"', '"expiration"', "-1"];
  const expiration = chance.oneIn(10) ? "yesterday" : laterThan(chance);
  return chance.spoiled(JSON.stringify({ expiration, conditions }), words).toString("base64");
}

function laterThan(chance: Chance): string {
  const years = chance.oneIn(10) ? 1 : 73;
  return new Date(years * 365 * DAY_MS).toISOString();
}

function signatureOf(chance: Chance, policy: string): [string, string][] {
  const credential = chance.oneIn(12) ? "x" : "AKFUZZ/20261124/us-east-1/s3/aws4_request";
  return [
    ["policy", policy],
    ["x-amz-algorithm", chance.oneIn(20) ? "x" : "AWS4-HMAC-SHA256"],
    ["x-amz-credential", credential],
    ["x-amz-date", "20261124T000000Z"],
    ["x-amz-signature", "0".repeat(64)],
  ];
}
