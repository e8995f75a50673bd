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

export const headObject: S3Operation = operation({
  name: "HeadObject",
  http: { method: "HEAD", path: "/{Bucket}/{Key+}" },
  input: { ...readObjectMembers },
  output: { ...objectHeaderMembers },
  errors: readObjectErrors,
  async handler(input, context) {
    const request = readRequest(input, context);
    const past = await pastOf(input.Bucket, context);
    const reading =
      past === undefined
        ? context.access.readDecided(() => context.objects.headObject(request))
        : past.headObject(request);
    return objectHeaders(await reading, input);
  },
});
