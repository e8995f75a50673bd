import { long, stream } from "@firn/wire";
import type { BodyStream, Shape } from "@firn/wire";
import { encryptionMembers } from "./encryption-headers.ts";
import { lockMembers } from "./lock-headers.ts";
import { attributeMembers, bodyCheckMembers, conditionMembers, objectMembers } from "./members.ts";

interface OwnInput {
  readonly WriteOffsetBytes: Shape<number, false>;
  readonly Body: Shape<BodyStream, true>;
}

/** What PutObject takes. */
export const putObjectMembers: typeof objectMembers &
  typeof attributeMembers &
  typeof conditionMembers &
  typeof bodyCheckMembers &
  typeof encryptionMembers &
  typeof lockMembers &
  OwnInput = {
  ...objectMembers,
  ...attributeMembers,
  ...conditionMembers,
  ...bodyCheckMembers,
  ...encryptionMembers,
  ...lockMembers,
  WriteOffsetBytes: long({ in: "header", name: "x-amz-write-offset-bytes", min: 0 }),
  Body: stream(),
};
