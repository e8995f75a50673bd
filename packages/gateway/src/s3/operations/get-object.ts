import { wholeBytes } from "@firn/objects";
import { bytesOut } from "@firn/wire";
import { operation } from "../context.ts";
import type { S3Operation } from "../context.ts";
import { objectHeaders } from "../object-headers.ts";
import { pastOf } from "../past-reads.ts";
import { readRequest } from "../read-request.ts";
import {
  objectHeaderMembers,
  readObjectErrors,
  readObjectMembers,
} from "../read-object-members.ts";

export const getObject: S3Operation = operation({
  name: "GetObject",
  http: { method: "GET", path: "/{Bucket}/{Key+}" },
  input: { ...readObjectMembers },
  output: { ...objectHeaderMembers, Body: bytesOut() },
  errors: readObjectErrors,
  async handler(input, context) {
    const request = readRequest(input, context);
    const asking = pastOf(input.Bucket, context);
    const past = asking instanceof Promise ? await asking : asking;
    const found =
      past === undefined
        ? await context.access.readDecided(() => context.objects.getObject(request))
        : await past.getObject(request);
    return objectHeaders(found, input, wholeBytes(found.body) ?? found.body);
  },
});
