import { ServiceError } from "@firn/wire";

export interface CopySource {
  readonly bucket: string;
  readonly key: string;
  readonly versionId?: string | undefined;
}

/** `bucket/key` or `/bucket/key`, percent-encoded, with an optional `?versionId=`. */
export function parseCopySource(header: string): CopySource {
  const mark = header.lastIndexOf(VERSION_ID);
  const path = mark < 0 ? header : header.slice(0, mark);
  const versionId = mark < 0 ? undefined : decode(header.slice(mark + VERSION_ID.length));
  const decoded = decode(path.startsWith("/") ? path.slice(1) : path);
  const slash = decoded.indexOf("/");
  if (slash <= 0 || slash === decoded.length - 1) throw malformed(header);
  return { bucket: decoded.slice(0, slash), key: decoded.slice(slash + 1), versionId };
}

const VERSION_ID = "?versionId=";

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
