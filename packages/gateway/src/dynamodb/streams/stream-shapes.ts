import { integer, string } from "@firn/wire";
import type { Shape } from "@firn/wire";

/* Members that several operations on streams have. */

export const streamArn: Shape<string, true> = string({ required: true, min: 37, max: 1024 });
export const shardId: Shape<string, false> = string({ min: 28, max: 65 });
export const pageLimit: Shape<number, false> = integer({ min: 1 });
