import { ServiceError } from "@firn/wire";
import { notImplemented } from "./access.ts";

export interface CopySource {
  readonly bucket: string;
  readonly key: string;
}

/** `bucket/key` or `/bucket/key`, percent-encoded. */
export function parseCopySource(header: string): CopySource {
  const [path = "", ...query] = header.split("?");
  if (query.some((one) => one.startsWith("versionId=") && one !== "versionId=null")) {
    throw notImplemented("x-amz-copy-source");
  }
  const decoded = decode(path.startsWith("/") ? path.slice(1) : path);
  const slash = decoded.indexOf("/");
  if (slash <= 0 || slash === decoded.length - 1) throw malformed(header);
  return { bucket: decoded.slice(0, slash), key: decoded.slice(slash + 1) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw malformed(text);
  }
}

function malformed(value: string): ServiceError {
  return new ServiceError(
    "InvalidArgument",
    400,
    "Copy Source must mention the source bucket and key: sourcebucket/sourcekey",
    { members: { ArgumentName: "x-amz-copy-source", ArgumentValue: value } },
  );
}
