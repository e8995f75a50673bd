import type { ServedRequest } from "@firn/gateway";
import { isStorageClass } from "@firn/objects";

/** What of a request is on a bill: the price list's item, and bytes where they are paid for. */
export interface BilledUse {
  readonly item: string;
  readonly bytes: number;
}

/** Reading these costs by the byte; of colder ones the restore does. */
const PAID_TO_READ: ReadonlySet<string> = new Set(["STANDARD_IA", "ONEZONE_IA", "GLACIER_IR"]);
const FREE = /^(?:Delete|Abort|Website|Restore)/;
const WRITES = /^(?:Put|Copy|Post|List|Create|Complete|Upload)/;
const UPLOADS = /^(?:Upload|Initiate(?:Multipart)|Complete(?:Multipart))/;

/**
 * What a served request costs at AWS: by the class that an object is written to or read from, as
 * the headers tell it. Requests that failed in the server, or that nobody signed, cost nobody.
 * Restores are counted where they begin, with the bytes that they bring.
 * @see https://aws.amazon.com/s3/pricing/
 */
export function billedUses(
  service: string,
  request: Pick<
    ServedRequest,
    "operation" | "status" | "raw" | "responseHeaders" | "bytes" | "caller"
  >,
): readonly BilledUse[] {
  const { operation, status, caller } = request;
  if (operation === "" || status >= 500 || status < 200) return NOTHING;
  if (caller === undefined || caller.isAnonymous === true) return NOTHING;
  if (service === "glacier") {
    return UPLOADS.test(operation) ? [{ item: "requests UPLOAD", bytes: 0 }] : NOTHING;
  }
  if (service !== "s3" || FREE.test(operation)) return NOTHING;
  if (WRITES.test(operation)) {
    const storageClass = knownClass(request.raw.headers["x-amz-storage-class"]);
    return [{ item: `requests PUT ${storageClass}`, bytes: 0 }];
  }
  const storageClass = knownClass(request.responseHeaders["x-amz-storage-class"]);
  const asked = { item: `requests GET ${storageClass}`, bytes: 0 };
  const isPaid = operation === "GetObject" && status < 300 && PAID_TO_READ.has(storageClass);
  if (!isPaid) return [asked];
  return [asked, { item: `retrieval ${storageClass}`, bytes: request.bytes }];
}

const NOTHING: readonly BilledUse[] = [];

function knownClass(header: unknown): string {
  return typeof header === "string" && isStorageClass(header) ? header : "STANDARD";
}
