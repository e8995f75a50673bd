import type { BucketAccess, ObjectAccess, ObjectStore } from "@firn/objects";
import { expect, test } from "vitest";
import { ANONYMOUS } from "../../frame/context.ts";
import type { RequestContext } from "../../frame/context.ts";
import { READ_SOURCE } from "./access-rules.ts";
import { BucketPolicies } from "./bucket-policies.ts";
import { RequestAccess } from "./request-access.ts";

const PUBLIC = { grantee: { group: "AllUsers" }, permission: "READ" } as const;
const bucketAccess: BucketAccess = { owner: "1", region: "us-east-1" };

/** A store whose one object becomes what the list says, one after the other, at each look. */
function accessTo(versions: readonly ObjectAccess[]): {
  readonly access: RequestAccess;
  readonly denials: string[];
} {
  let looks = 0;
  const objects = {
    getBucketAccess: () => Promise.resolve(bucketAccess),
    findObjectAccess: () => Promise.resolve(versions[Math.min(looks++, versions.length - 1)]),
  } as unknown as ObjectStore;
  const denials: string[] = [];
  const context = {
    caller: ANONYMOUS,
    raw: { headers: {}, queryString: "", remoteAddress: "10.0.0.1", isEncrypted: false },
    region: "us-east-1",
    nowMs: 0,
    noteDenial: (reason: string) => denials.push(reason),
  } as unknown as RequestContext;
  const policies = new BucketPolicies(objects);
  return { access: new RequestAccess(context, { objects, policies }), denials };
}

function version(count: number, isPublic: boolean): ObjectAccess {
  const eTag = `"${count}"`;
  return { owner: "1", acl: isPublic ? [PUBLIC] : [], eTag, lastModified: new Date(count) };
}

const asked = { rule: READ_SOURCE, bucket: "b", key: "k" };

test("an object that took another's place is decided upon by its own list", async () => {
  const { access, denials } = accessTo([version(1, true), version(2, false)]);
  await access.require(asked);
  const closed: string[] = [];
  const body = (async function* () {
    try {
      yield Buffer.from("secret");
      yield Buffer.from("secret");
    } finally {
      closed.push("closed");
    }
  })();
  const reading = access.readDecided(() => Promise.resolve({ ...version(2, false), body }));
  await expect(reading).rejects.toMatchObject({ code: "AccessDenied" });
  expect(closed).toEqual(["closed"]);
  expect(denials).toHaveLength(1);
});

test("what was decided upon is handed out, and so is what may be read as well", async () => {
  const first = accessTo([version(1, true)]);
  await first.access.require(asked);
  expect(await first.access.readDecided(() => Promise.resolve(version(1, true)))).toBeDefined();
  const second = accessTo([version(1, true), version(2, true)]);
  await second.access.require(asked);
  const found = await second.access.readDecided(() => Promise.resolve(version(2, true)));
  expect(found.eTag).toBe('"2"');
});

test("an object that changes at every look is refused in the end", async () => {
  const { access } = accessTo([version(1, true)]);
  await access.require(asked);
  let count = 1;
  const reading = access.readDecided(() => Promise.resolve(version(++count, true)));
  await expect(reading).rejects.toMatchObject({ code: "AccessDenied" });
});
