import { rm } from "node:fs/promises";
import {
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketOwnershipControlsCommand,
  DeleteBucketPolicyCommand,
  DeleteObjectsCommand,
  DeletePublicAccessBlockCommand,
  GetBucketAclCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetBucketPolicyStatusCommand,
  GetObjectAclCommand,
  GetObjectCommand,
  GetPublicAccessBlockCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutBucketAclCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutObjectAclCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  PutPublicAccessBlockCommand,
  RenameObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { parsePolicy } from "@firn/auth";
import { makeTemporaryDirectory, openStore } from "@firn/core";
import type { Store } from "@firn/core";
import { ObjectStore } from "@firn/objects";
import { gatewaySetup, testRoot } from "@firn/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Caller } from "../frame/context.ts";
import { Gateway } from "../frame/gateway.ts";
import { silentLog } from "../frame/gateway-log.ts";
import type { AccessEntry } from "../frame/gateway-log.ts";
import { createS3Service } from "./service.ts";

const SECRET = "a/secret";

function root(name: string, digit: string): Caller {
  const more = { canonicalId: digit.repeat(64), displayName: name };
  return testRoot(`AK${name}`, { accountId: digit.repeat(12), ...more });
}

const owner = root("owner", "1");
const other = root("other", "2");
/** A user of the owner's account: may read what lies under public/, and nothing else. */
const user: Caller = {
  ...owner,
  accessKeyId: "AKuser",
  arn: "arn:aws:iam::111111111111:user/reader",
  isRoot: false,
  userName: "reader",
  userId: "AIDAREADER",
  policies: [
    parsePolicy(
      JSON.stringify({
        Version: "2012-10-17",
        Statement: [
          { Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::*/public/*" },
          { Effect: "Deny", Action: "*", Resource: "arn:aws:s3:::*/public/secret" },
        ],
      }),
      { kind: "identity", bytesMax: 6144 },
    ),
  ],
};
const signerOf = (caller: Caller) => ({
  accessKeyId: caller.accessKeyId,
  secretAccessKey: SECRET,
  caller,
});
const signers = [signerOf(owner), signerOf(other), signerOf(user)] as const;

let directory: string;
let store: Store;
let gateway: Gateway;
let endpoint: string;
let s3: S3Client;
let others: S3Client;
let users: S3Client;
let strangers: S3Client;
const clients: S3Client[] = [];
const log: AccessEntry[] = [];
let count = 0;
let Bucket: string;

beforeAll(async () => {
  directory = await makeTemporaryDirectory();
  store = await openStore({ directory, ephemeral: true });
  const known = [owner, other];
  gateway = new Gateway({
    services: [
      createS3Service({
        objects: await ObjectStore.open({ store }),
        accounts: {
          account: (id) => known.find(({ accountId }) => accountId === id),
          accountByCanonicalId: (id) => known.find(({ canonicalId }) => canonicalId === id),
          accountByEmail: (email) => (email === "other@example.com" ? other : undefined),
        },
      }),
    ],
    ...gatewaySetup(store, signers),
    log: { ...silentLog, access: (entry) => log.push(entry) },
  });
  const { port } = await gateway.listen({ host: "127.0.0.1", port: 0 });
  endpoint = `http://127.0.0.1:${port}`;
  [s3, others, users] = signers.map((credentials) => client({ credentials })) as [
    S3Client,
    S3Client,
    S3Client,
  ];
  // As a page that nobody has signed in to: no credentials, no signature.
  strangers = client({
    credentials: { accessKeyId: "", secretAccessKey: "" },
    signer: { sign: (request: unknown) => Promise.resolve(request) },
  });
});
afterAll(async () => {
  for (const one of clients) one.destroy();
  await gateway.close();
  await store.close();
  await rm(directory, { recursive: true });
});
beforeEach(() => {
  Bucket = `access-${++count}`;
});

function client(options: object): S3Client {
  const shared = { endpoint, region: "us-east-1", maxAttempts: 1, forcePathStyle: true };
  const made = new S3Client({ ...shared, ...options });
  clients.push(made);
  return made;
}

async function open(ownership?: "ObjectWriter" | "BucketOwnerPreferred"): Promise<void> {
  await s3.send(new CreateBucketCommand({ Bucket, ObjectOwnership: ownership }));
  await s3.send(new DeletePublicAccessBlockCommand({ Bucket }));
}

async function putPolicy(...statements: readonly object[]): Promise<void> {
  const Statement = statements.map((one) => ({ Effect: "Allow", Principal: "*", ...one }));
  const Policy = JSON.stringify({ Version: "2012-10-17", Statement });
  await s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));
}

const put = (Key: string, more: object = {}): PutObjectCommand =>
  new PutObjectCommand({ Bucket, Key, Body: "bytes", ...more });
const get = (Key: string, more: object = {}): GetObjectCommand =>
  new GetObjectCommand({ Bucket, Key, ...more });
const list = (): ListObjectsV2Command => new ListObjectsV2Command({ Bucket });
const arn = (path = ""): string => `arn:aws:s3:::${Bucket}${path}`;
const denied = { name: "AccessDenied" };

describe("a new bucket", () => {
  test("is its owner's alone: no list can change that, and the public is kept out", async () => {
    await s3.send(new CreateBucketCommand({ Bucket }));
    const { OwnershipControls } = await s3.send(new GetBucketOwnershipControlsCommand({ Bucket }));
    expect(OwnershipControls?.Rules).toEqual([{ ObjectOwnership: "BucketOwnerEnforced" }]);
    const block = await s3.send(new GetPublicAccessBlockCommand({ Bucket }));
    expect(block.PublicAccessBlockConfiguration).toEqual({
      BlockPublicAcls: true,
      IgnorePublicAcls: true,
      BlockPublicPolicy: true,
      RestrictPublicBuckets: true,
    });
    const opening = s3.send(new PutBucketAclCommand({ Bucket, ACL: "public-read" }));
    await expect(opening).rejects.toMatchObject({ name: "AccessControlListNotSupported" });
    await expect(s3.send(put("k", { ACL: "public-read" }))).rejects.toMatchObject({
      name: "AccessControlListNotSupported",
    });
    await s3.send(put("k", { ACL: "bucket-owner-full-control" }));
    const open = putPolicy({ Action: "s3:GetObject", Resource: arn("/*") });
    await expect(open).rejects.toMatchObject(denied);
    const deletion = new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: "k" }] } });
    await expect(strangers.send(deletion)).rejects.toMatchObject(denied);
    for (const somebody of [others, users, strangers]) {
      await expect(somebody.send(get("k"))).rejects.toMatchObject(denied);
      await expect(somebody.send(put("k"))).rejects.toMatchObject(denied);
      await expect(somebody.send(list())).rejects.toMatchObject(denied);
    }
  });

  test("with a list is refused where lists count for nothing", async () => {
    const made = s3.send(new CreateBucketCommand({ Bucket, ACL: "public-read" }));
    await expect(made).rejects.toMatchObject({ name: "InvalidBucketAclWithObjectOwnership" });
  });
});

describe("bucket policies", () => {
  test("are kept as they are, told of, and removed", async () => {
    await open();
    const missing = s3.send(new GetBucketPolicyCommand({ Bucket }));
    await expect(missing).rejects.toMatchObject({ name: "NoSuchBucketPolicy" });
    const Policy = `{ "Version": "2012-10-17",  "Statement": {"Effect": "Allow",
      "Principal": "*", "Action": "s3:GetObject", "Resource": "${arn("/*")}"} }`;
    await s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));
    expect((await s3.send(new GetBucketPolicyCommand({ Bucket }))).Policy).toBe(Policy);
    const { PolicyStatus } = await s3.send(new GetBucketPolicyStatusCommand({ Bucket }));
    expect(PolicyStatus?.IsPublic).toBe(true);
    await s3.send(new DeleteBucketPolicyCommand({ Bucket }));
    await expect(s3.send(new GetBucketPolicyCommand({ Bucket }))).rejects.toMatchObject({
      name: "NoSuchBucketPolicy",
    });
    await s3.send(new DeleteBucketPolicyCommand({ Bucket }));
  });

  test.each([
    ["no JSON", "{", "This policy contains invalid Json"],
    ["another bucket", policyOn("arn:aws:s3:::another/*"), "Policy has invalid resource"],
    ["another service", policyOn("*", "dynamodb:GetItem"), "Policy has invalid action"],
  ])("are refused when they are of %s", async (_name, Policy, message) => {
    await open();
    await expect(s3.send(new PutBucketPolicyCommand({ Bucket, Policy }))).rejects.toMatchObject({
      name: "MalformedPolicy",
      message,
    });
  });

  test("let strangers read what they say, and nothing else", async () => {
    await open();
    await s3.send(put("public/a"));
    await s3.send(put("private/a"));
    await putPolicy({ Action: "s3:GetObject", Resource: arn("/public/*") });
    for (const somebody of [strangers, others, users]) {
      const { Body } = await somebody.send(get("public/a"));
      expect(await Body?.transformToString()).toBe("bytes");
      await expect(somebody.send(get("private/a"))).rejects.toMatchObject(denied);
      // Who may not list learns nothing of what is not there.
      await expect(somebody.send(get("public/none"))).rejects.toMatchObject(denied);
    }
    await putPolicy({ Action: ["s3:ListBucket", "s3:GetObject"], Resource: [arn(), arn("/*")] });
    await expect(strangers.send(get("public/none"))).rejects.toMatchObject({ name: "NoSuchKey" });
  });

  test("deny the owner too; the reason stands in the log, not in the answer", async () => {
    await open();
    await s3.send(put("a"));
    await putPolicy({ Sid: "No", Effect: "Deny", Action: "s3:GetObject", Resource: arn("/*") });
    log.length = 0;
    await expect(s3.send(get("a"))).rejects.toMatchObject({ ...denied, message: "Access Denied" });
    expect(log.at(-1)?.denial).toBe(`the bucket policy denies s3:GetObject on ${arn("/a")} (No)`);
    // The owner's root can always mend it.
    await putPolicy({ Effect: "Deny", Action: "s3:*", Resource: [arn(), arn("/*")] });
    await s3.send(new GetBucketPolicyCommand({ Bucket }));
    await s3.send(new DeleteBucketPolicyCommand({ Bucket }));
    await s3.send(get("a"));
  });

  test("ask about headers, tags and prefixes", async () => {
    await open();
    await putPolicy(
      {
        Action: ["s3:PutObject", "s3:PutObjectTagging"],
        Resource: arn("/*"),
        Condition: { StringEquals: { "s3:RequestObjectTag/team": "red" } },
      },
      {
        Action: "s3:GetObject",
        Resource: arn("/*"),
        Condition: { StringEquals: { "s3:ExistingObjectTag/open": "yes" } },
      },
      {
        Action: "s3:ListBucket",
        Resource: arn(),
        Condition: { StringLike: { "s3:prefix": "red/*" } },
      },
    );
    await expect(others.send(put("k"))).rejects.toMatchObject(denied);
    await others.send(put("k", { Tagging: "team=red" }));
    await expect(others.send(get("k"))).rejects.toMatchObject(denied);
    const Tagging = { TagSet: [{ Key: "open", Value: "yes" }] };
    await s3.send(new PutObjectTaggingCommand({ Bucket, Key: "k", Tagging }));
    await others.send(get("k"));
    await others.send(new ListObjectsV2Command({ Bucket, Prefix: "red/a" }));
    await expect(others.send(list())).rejects.toMatchObject(denied);
  });

  test("decide upon each key of a DeleteObjects", async () => {
    await open();
    for (const key of ["a", "b"]) await s3.send(put(key));
    await putPolicy({ Action: "s3:DeleteObject", Resource: arn("/a") });
    const Objects = [{ Key: "a" }, { Key: "b" }];
    const deletion = { Bucket, Delete: { Objects } };
    const { Deleted, Errors } = await others.send(new DeleteObjectsCommand(deletion));
    expect(Deleted).toEqual([{ Key: "a" }]);
    expect(Errors).toMatchObject([{ Key: "b", Code: "AccessDenied" }]);
    await s3.send(new HeadObjectCommand({ Bucket, Key: "b" }));
  });

  test("of a source decide upon a rename: it is read, and it goes", async () => {
    await open();
    await s3.send(put("from"));
    const rename = (): Promise<unknown> =>
      others.send(
        new RenameObjectCommand({
          Bucket,
          Key: "to",
          RenameSource: "from",
          ClientToken: undefined,
        }),
      );
    await putPolicy({ Action: ["s3:PutObject", "s3:GetObject"], Resource: arn("/*") });
    await expect(rename()).rejects.toMatchObject(denied);
    const Action = ["s3:PutObject", "s3:GetObject", "s3:DeleteObject"];
    await putPolicy({ Action, Resource: arn("/*") });
    await rename();
  });

  test("must allow what headers ask for beside the operation", async () => {
    await open();
    await putPolicy({ Action: ["s3:PutObject", "s3:DeleteObject"], Resource: arn("/*") });
    await others.send(put("k"));
    await expect(others.send(put("k", { Tagging: "a=b" }))).rejects.toMatchObject(denied);
    const BypassGovernanceRetention = true;
    const deletion = { Bucket, Delete: { Objects: [{ Key: "k" }] } };
    const bypassed = new DeleteObjectsCommand({ ...deletion, BypassGovernanceRetention });
    expect((await others.send(bypassed)).Errors).toMatchObject([{ Code: "AccessDenied" }]);
    expect((await others.send(new DeleteObjectsCommand(deletion))).Errors).toBeUndefined();
  });

  test("of the source decide upon a copy", async () => {
    await open();
    await s3.send(put("a"));
    const target = `${Bucket}-copies`;
    await others.send(new CreateBucketCommand({ Bucket: target }));
    const copy = { Bucket: target, Key: "copy", CopySource: `${Bucket}/a` };
    await expect(others.send(new CopyObjectCommand(copy))).rejects.toMatchObject(denied);
    await putPolicy({ Action: "s3:GetObject", Resource: arn("/a") });
    await others.send(new CopyObjectCommand(copy));
  });

  test("that let the public in are held back while the bucket is restricted", async () => {
    await open();
    await s3.send(put("a"));
    await putPolicy({ Action: "s3:GetObject", Resource: arn("/*") });
    await strangers.send(get("a"));
    const PublicAccessBlockConfiguration = { RestrictPublicBuckets: true };
    await s3.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration }));
    await expect(strangers.send(get("a"))).rejects.toMatchObject(denied);
    await expect(others.send(get("a"))).rejects.toMatchObject(denied);
    await s3.send(get("a"));
  });
});

function policyOn(Resource: string, Action = "s3:GetObject"): string {
  const Statement = { Effect: "Allow", Principal: "*", Action, Resource };
  return JSON.stringify({ Version: "2012-10-17", Statement });
}

describe("a user", () => {
  test("may do what its own policies allow, in buckets of its account", async () => {
    await open();
    for (const key of ["public/a", "public/secret", "b"]) await s3.send(put(key));
    await users.send(get("public/a"));
    for (const key of ["public/secret", "b"]) {
      await expect(users.send(get(key))).rejects.toMatchObject(denied);
    }
    await expect(users.send(put("public/a"))).rejects.toMatchObject(denied);
    // Naming the account lets its root decide; naming the user lets the user in.
    const Action = "s3:GetObject";
    await putPolicy({ Principal: { AWS: "111111111111" }, Action, Resource: arn("/b") });
    await expect(users.send(get("b"))).rejects.toMatchObject(denied);
    await putPolicy({ Principal: { AWS: user.arn }, Action, Resource: arn("/*") });
    await users.send(get("b"));
    await expect(users.send(get("public/secret"))).rejects.toMatchObject(denied);
  });

  test("makes no buckets without a policy that allows it", async () => {
    await expect(users.send(new CreateBucketCommand({ Bucket }))).rejects.toMatchObject(denied);
  });
});

describe("access control lists", () => {
  const FullControl = (who: Caller): object => ({
    Grantee: { Type: "CanonicalUser", ID: who.canonicalId, DisplayName: who.displayName },
    Permission: "FULL_CONTROL",
  });
  const everybody = {
    Grantee: { Type: "Group", URI: "http://acs.amazonaws.com/groups/global/AllUsers" },
    Permission: "READ",
  };

  test("say who may list and write, and come back as they were put", async () => {
    await open("ObjectWriter");
    const acl = await s3.send(new GetBucketAclCommand({ Bucket }));
    expect(acl.Owner).toEqual({ ID: owner.canonicalId, DisplayName: "owner" });
    expect(acl.Grants).toEqual([FullControl(owner)]);
    await s3.send(new PutBucketAclCommand({ Bucket, ACL: "public-read" }));
    await strangers.send(list());
    await expect(strangers.send(put("k"))).rejects.toMatchObject(denied);
    const { PolicyStatus } = await s3.send(new GetBucketPolicyStatusCommand({ Bucket }));
    expect(PolicyStatus?.IsPublic).toBe(true);
    const Grants = [FullControl(owner), { ...FullControl(other), Permission: "WRITE" }];
    const AccessControlPolicy = { Owner: acl.Owner, Grants };
    await s3.send(new PutBucketAclCommand({ Bucket, AccessControlPolicy }));
    expect((await s3.send(new GetBucketAclCommand({ Bucket }))).Grants).toEqual(Grants);
    await others.send(put("k"));
    await expect(others.send(list())).rejects.toMatchObject(denied);
    await expect(strangers.send(list())).rejects.toMatchObject(denied);
  });

  test("of objects are the writer's, each version with its own", async () => {
    await open("ObjectWriter");
    await s3.send(new PutBucketAclCommand({ Bucket, ACL: "public-read-write" }));
    const VersioningConfiguration = { Status: "Enabled" } as const;
    await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
    const first = await others.send(put("k", { ACL: "public-read" }));
    const second = await others.send(put("k"));
    await strangers.send(get("k", { VersionId: first.VersionId }));
    await expect(strangers.send(get("k"))).rejects.toMatchObject(denied);
    // The bucket is not the owner's business where the object is somebody else's.
    await expect(s3.send(get("k"))).rejects.toMatchObject(denied);
    const named = { Bucket, Key: "k", VersionId: second.VersionId };
    const AccessControlPolicy = {
      Owner: { ID: other.canonicalId },
      Grants: [FullControl(other), FullControl(owner)],
    };
    await others.send(new PutObjectAclCommand({ ...named, AccessControlPolicy }));
    const acl = await s3.send(new GetObjectAclCommand(named));
    expect(acl.Owner?.DisplayName).toBe("other");
    expect(acl.Grants).toEqual([FullControl(other), FullControl(owner)]);
    await s3.send(get("k"));
    const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket, FetchOwner: true }));
    expect(Contents?.[0]?.Owner?.DisplayName).toBe("other");
  });

  test("travel in headers, by id, group and address", async () => {
    await open("ObjectWriter");
    const headers = {
      GrantRead: `uri="http://acs.amazonaws.com/groups/global/AllUsers"`,
      GrantFullControl: `id=${owner.canonicalId}, emailAddress="other@example.com"`,
    };
    await s3.send(put("k", headers));
    const acl = await s3.send(new GetObjectAclCommand({ Bucket, Key: "k" }));
    expect(acl.Grants).toEqual([everybody, FullControl(owner), FullControl(other)]);
    const unknown = put("k", { GrantRead: `emailAddress="nobody@example.com"` });
    await expect(s3.send(unknown)).rejects.toMatchObject({
      name: "UnresolvableGrantByEmailAddress",
    });
    const both = put("k", { ...headers, ACL: "private" });
    await expect(s3.send(both)).rejects.toMatchObject({ name: "InvalidRequest" });
  });

  test("that let the public in can be refused, and made to count for nothing", async () => {
    await open("ObjectWriter");
    await s3.send(put("k", { ACL: "public-read" }));
    await strangers.send(get("k"));
    const block = (PublicAccessBlockConfiguration: object): PutPublicAccessBlockCommand =>
      new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration });
    await s3.send(block({ IgnorePublicAcls: true }));
    await expect(strangers.send(get("k"))).rejects.toMatchObject(denied);
    await s3.send(block({ BlockPublicAcls: true }));
    await strangers.send(get("k"));
    const open2 = s3.send(new PutObjectAclCommand({ Bucket, Key: "k", ACL: "public-read" }));
    await expect(open2).rejects.toMatchObject(denied);
    await s3.send(new PutObjectAclCommand({ Bucket, Key: "k", ACL: "private" }));
    await expect(strangers.send(get("k"))).rejects.toMatchObject(denied);
  });

  test("name their owner, and nobody else for it", async () => {
    await open("ObjectWriter");
    const AccessControlPolicy = { Owner: { ID: other.canonicalId }, Grants: [FullControl(owner)] };
    const putting = s3.send(new PutBucketAclCommand({ Bucket, AccessControlPolicy }));
    await expect(putting).rejects.toMatchObject(denied);
  });
});

describe("ownership", () => {
  const setOwnership = (
    ObjectOwnership: "BucketOwnerEnforced",
  ): PutBucketOwnershipControlsCommand =>
    new PutBucketOwnershipControlsCommand({
      Bucket,
      OwnershipControls: { Rules: [{ ObjectOwnership }] },
    });

  test("is given to the bucket's owner by who grants it full control", async () => {
    await open("BucketOwnerPreferred");
    await putPolicy({ Action: "s3:*", Resource: [arn(), arn("/*")] });
    await others.send(put("mine"));
    await others.send(put("given", { ACL: "bucket-owner-full-control" }));
    const ownerOf = async (Key: string): Promise<string | undefined> =>
      (await others.send(new GetObjectAclCommand({ Bucket, Key }))).Owner?.DisplayName;
    expect(await ownerOf("mine")).toBe("other");
    expect(await ownerOf("given")).toBe("owner");
    const { UploadId } = await others.send(
      new CreateMultipartUploadCommand({ Bucket, Key: "parts" }),
    );
    const parts = await others.send(new ListPartsCommand({ Bucket, Key: "parts", UploadId }));
    expect([parts.Owner?.DisplayName, parts.Initiator?.DisplayName]).toEqual(["other", "other"]);
  });

  test("enforced ends what lists have given", async () => {
    await open("ObjectWriter");
    await s3.send(new PutBucketAclCommand({ Bucket, ACL: "public-read" }));
    await expect(s3.send(setOwnership("BucketOwnerEnforced"))).rejects.toMatchObject({
      name: "InvalidBucketAclWithObjectOwnership",
    });
    await s3.send(put("k", { ACL: "public-read" }));
    await s3.send(new PutBucketAclCommand({ Bucket, ACL: "private" }));
    await s3.send(setOwnership("BucketOwnerEnforced"));
    await expect(strangers.send(get("k"))).rejects.toMatchObject(denied);
    await s3.send(new DeleteBucketOwnershipControlsCommand({ Bucket }));
    await expect(s3.send(new GetBucketOwnershipControlsCommand({ Bucket }))).rejects.toMatchObject({
      name: "OwnershipControlsNotFoundError",
    });
    await strangers.send(get("k"));
  });
});

describe("the public access block", () => {
  test("is read, written and removed", async () => {
    await s3.send(new CreateBucketCommand({ Bucket }));
    const PublicAccessBlockConfiguration = {
      BlockPublicAcls: true,
      IgnorePublicAcls: false,
      BlockPublicPolicy: true,
      RestrictPublicBuckets: false,
    };
    await s3.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration }));
    const read = await s3.send(new GetPublicAccessBlockCommand({ Bucket }));
    expect(read.PublicAccessBlockConfiguration).toEqual(PublicAccessBlockConfiguration);
    await s3.send(new DeletePublicAccessBlockCommand({ Bucket }));
    await expect(s3.send(new GetPublicAccessBlockCommand({ Bucket }))).rejects.toMatchObject({
      name: "NoSuchPublicAccessBlockConfiguration",
    });
  });
});
