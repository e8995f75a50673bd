import { escapeXml } from "@firn/wire";

export interface PostedObject {
  readonly bucket: string;
  readonly key: string;
  /** In quotes. */
  readonly eTag: string;
  /** `http://127.0.0.1:4566/bucket/key`. */
  readonly location: string;
}

/** What the form asks to be answered with. */
export interface FormAnswer {
  readonly status: number;
  readonly location: string;
  readonly body?: string | undefined;
}

/** Where to send the browser, or which status it gets; 204 for anything but 200 and 201. */
export function formAnswer(fields: ReadonlyMap<string, string>, posted: PostedObject): FormAnswer {
  const redirect = fields.get("success_action_redirect") ?? fields.get("redirect");
  const target = redirect === undefined ? undefined : redirectTo(redirect, posted);
  if (target !== undefined) return { status: 303, location: target };
  const { location } = posted;
  const asked = fields.get("success_action_status");
  if (asked === "200") return { status: 200, location };
  if (asked !== "201") return { status: 204, location };
  const members = { Location: location, Bucket: posted.bucket, Key: posted.key, ETag: posted.eTag };
  const xml = Object.entries(members).map(([name, value]) => {
    return `<${name}>${escapeXml(value)}</${name}>`;
  });
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<PostResponse>${xml.join("")}</PostResponse>`;
  return { status: 201, location, body };
}

/** What can stand in a header: parsers of URLs forgive line ends, headers do not. */
const HEADER_URL = /^https?:[\x21-\x7e]*$/i;

/** What is no URL is ignored, as S3 does. */
function redirectTo(url: string, { bucket, key, eTag }: PostedObject): string | undefined {
  if (!URL.canParse(url) || !HEADER_URL.test(url)) return undefined;
  const query = Object.entries({ bucket, key, etag: eTag }).map(([name, value]) => {
    return `${name}=${encodeURIComponent(value)}`;
  });
  return `${url}${url.includes("?") ? "&" : "?"}${query.join("&")}`;
}
