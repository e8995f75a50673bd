import { expect, expectTypeOf, test } from "vitest";
import { operation } from "./operation.ts";
import type { DefineOperation, Operation } from "./operation.ts";
import { bytesOut, integer, list, placed, stream, string, structure } from "./shape.ts";
import type { BodyStream, Shape } from "./shape.ts";

interface Tag {
  readonly Key: string;
  readonly Value?: string | undefined;
}
const tag: Shape<Tag> = structure({ Key: string({ required: true }), Value: string() });

interface TestContext {
  readonly greeting: string;
}
const define: DefineOperation<TestContext> = operation;

export const putThing: Operation<TestContext> = define({
  name: "PutThing",
  http: { method: "PUT", path: "/{Bucket}/{Key+}" },
  input: {
    Bucket: string({ in: "path", required: true }),
    Mode: string({ in: "header", name: "x-mode", values: ["ON", "OFF"] }),
    Tags: list(tag, { max: 10 }),
    First: placed(tag, { required: true }),
    Body: stream(),
  },
  output: { Size: integer(), Body: bytesOut() },
  errors: ["NoSuchThing"],
  async handler(input, context) {
    expectTypeOf(input.Bucket).toEqualTypeOf<string>();
    expectTypeOf(input.Mode).toEqualTypeOf<"ON" | "OFF" | undefined>();
    expectTypeOf(input.Tags).toEqualTypeOf<readonly Tag[] | undefined>();
    expectTypeOf(input.First).toEqualTypeOf<Tag>();
    expectTypeOf(input.Body).toEqualTypeOf<BodyStream>();
    expectTypeOf(context).toEqualTypeOf<TestContext>();
    return { Size: input.Bucket.length };
  },
});

test("a declaration is a plain value whose handler has the types of its members", async () => {
  expect(putThing.name).toBe("PutThing");
  expect(Object.keys(putThing.input)).toEqual(["Bucket", "Mode", "Tags", "First", "Body"]);
  const result = await putThing.handler({ Bucket: "abc" } as never, { greeting: "" });
  expect(result).toEqual({ Size: 3 });
});
