import { once } from "node:events";
import { request } from "node:http";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteBucketWebsiteCommand,
  DeletePublicAccessBlockCommand,
  GetBucketWebsiteCommand,
  HeadObjectCommand,
  PutBucketPolicyCommand,
  PutBucketWebsiteCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import type { WebsiteConfiguration } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { serveS3 } from "../support/serve-s3.ts";
import type { ServedS3 } from "../support/serve-s3.ts";

/** Buckets as websites: what a browser gets, unsigned, by the website's host name. */

let served: ServedS3;

beforeAll(async () => {
  served = await serveS3({ websiteDomain: "sites.test" });
});
afterAll(() => served.close());

async function makeSite(bucket: string, site: WebsiteConfiguration): Promise<void> {
  const { s3 } = served;
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  await s3.send(new DeletePublicAccessBlockCommand({ Bucket: bucket }));
  const read = { Effect: "Allow", Principal: "*", Action: "s3:GetObject" };
  const list = { Effect: "Allow", Principal: "*", Action: "s3:ListBucket" };
  const Statement = [
    { ...read, NotResource: `arn:aws:s3:::${bucket}/secret*` },
    { ...list, Resource: `arn:aws:s3:::${bucket}` },
  ];
  const Policy = JSON.stringify({ Version: "2012-10-17", Statement });
  await s3.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy }));
  await s3.send(new PutBucketWebsiteCommand({ Bucket: bucket, WebsiteConfiguration: site }));
}

async function put(Bucket: string, Key: string, WebsiteRedirectLocation?: string): Promise<void> {
  const Body = `page ${Key}`;
  const page = { Bucket, Key, Body, ContentType: "text/html", WebsiteRedirectLocation };
  await served.s3.send(new PutObjectCommand(page));
}

interface Page {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

async function visit(
  host: string,
  path: string,
  { method = "GET", headers = {} }: { method?: string; headers?: Record<string, string> } = {},
): Promise<Page> {
  const { port } = new URL(served.endpoint);
  const to = { host: "127.0.0.1", port, path, method, agent: false };
  const sent = request({ ...to, headers: { ...headers, host } });
  sent.end();
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  let text = "";
  for await (const chunk of response) text += String(chunk);
  return { status: response.statusCode ?? 0, headers: response.headers, text };
}

test("folders have pages, errors have one, and keys without a slash find their folder", async () => {
  await makeSite("plain-site", {
    IndexDocument: { Suffix: "index.html" },
    ErrorDocument: { Key: "error.html" },
  });
  for (const key of ["index.html", "docs/index.html", "a b/ü.html", "secret.html"]) {
    await put("plain-site", key);
  }
  const host = "plain-site.s3-website-us-east-1.localhost:4566";
  const root = await visit(host, "/");
  expect([root.status, root.text]).toEqual([200, "page index.html"]);
  expect(root.headers["content-type"]).toBe("text/html");
  expect((await visit("plain-site.sites.test", "/docs/")).text).toBe("page docs/index.html");
  const folder = await visit(host, "/docs");
  expect([folder.status, folder.headers.location]).toEqual([302, "/docs/"]);
  expect((await visit(host, "/a%20b/%C3%BC.html")).text).toBe("page a b/ü.html");
  // Without its page the error is told by the server's own.
  const bare = await visit(host, "/none");
  expect(bare.status).toBe(404);
  expect(bare.text).toMatch(/<li>Code: NoSuchKey<\/li>[^]*Custom Error Document/);
  await put("plain-site", "error.html");
  const own = await visit(host, "/none");
  expect([own.status, own.text]).toEqual([404, "page error.html"]);
  const secret = await visit(host, "/secret.html");
  expect([secret.status, secret.text]).toEqual([403, "page error.html"]);
  const head = await visit(host, "/", { method: "HEAD" });
  expect([head.status, head.text, head.headers["content-length"]]).toEqual([200, "", "15"]);
  const etag = root.headers.etag ?? "";
  expect((await visit(host, "/", { headers: { "if-none-match": etag } })).status).toBe(304);
  const part = await visit(host, "/", { headers: { range: "bytes=0-3" } });
  expect([part.status, part.text]).toEqual([206, "page"]);
  const post = await visit(host, "/", { method: "POST" });
  expect([post.status, post.headers["content-type"]]).toEqual([405, "text/html; charset=utf-8"]);
});

test("a website may be another one's name", async () => {
  await makeSite("all-away", {
    RedirectAllRequestsTo: { HostName: "example.org", Protocol: "https" },
  });
  const away = await visit("all-away.s3-website.localhost", "/a/b%20c");
  expect([away.status, away.headers.location]).toEqual([301, "https://example.org/a/b%20c"]);
});

test("routing rules send prefixes and errors elsewhere, the first that fits", async () => {
  await makeSite("routed", {
    IndexDocument: { Suffix: "index.html" },
    RoutingRules: [
      {
        Condition: { KeyPrefixEquals: "docs/" },
        Redirect: { ReplaceKeyPrefixWith: "documents/", HttpRedirectCode: "302" },
      },
      {
        Condition: { KeyPrefixEquals: "old/", HttpErrorCodeReturnedEquals: "404" },
        Redirect: { HostName: "archive.example.org", Protocol: "https" },
      },
      {
        Condition: { HttpErrorCodeReturnedEquals: "404" },
        Redirect: { ReplaceKeyWith: "lost.html" },
      },
    ],
  });
  await put("routed", "old/kept.html");
  const host = "routed.s3-website.localhost:81";
  const places = [];
  for (const path of ["/docs/a", "/old/gone", "/old/kept.html", "/none"]) {
    const { status, headers } = await visit(host, path);
    places.push([status, headers.location]);
  }
  expect(places).toEqual([
    [302, `http://${host}/documents/a`],
    [301, "https://archive.example.org/old/gone"],
    [200, undefined],
    [301, `http://${host}/lost.html`],
  ]);
});

test("an object may be a redirect, which is told, copied only when asked, and checked", async () => {
  await makeSite("moved", { IndexDocument: { Suffix: "index.html" } });
  await put("moved", "here", "/there");
  const { s3 } = served;
  const here = { Bucket: "moved", Key: "here" };
  const told = await s3.send(new HeadObjectCommand(here));
  expect(told.WebsiteRedirectLocation).toBe("/there");
  const away = await visit("moved.s3-website.localhost", "/here");
  expect([away.status, away.headers.location]).toEqual([301, "/there"]);
  await s3.send(new CopyObjectCommand({ Bucket: "moved", Key: "copy", CopySource: "moved/here" }));
  const copy = await s3.send(new HeadObjectCommand({ Bucket: "moved", Key: "copy" }));
  expect(copy.WebsiteRedirectLocation).toBeUndefined();
  await expect(put("moved", "wrong", "there")).rejects.toMatchObject({
    name: "InvalidRedirectLocation",
  });
});

test("a configuration comes back as it was put, is checked, and goes", async () => {
  const { s3 } = served;
  const site: WebsiteConfiguration = {
    IndexDocument: { Suffix: "i.html" },
    ErrorDocument: { Key: "e.html" },
    RoutingRules: [{ Redirect: { HostName: "a.b" }, Condition: { KeyPrefixEquals: "x&y" } }],
  };
  await makeSite("configured", site);
  const of = { Bucket: "configured" };
  expect(await s3.send(new GetBucketWebsiteCommand(of))).toMatchObject(site);
  const refuse = async (
    WebsiteConfiguration: WebsiteConfiguration,
    name: string,
  ): Promise<void> => {
    const refused = s3.send(new PutBucketWebsiteCommand({ ...of, WebsiteConfiguration }));
    await expect(refused).rejects.toMatchObject({ name });
  };
  await refuse({}, "InvalidArgument");
  await refuse({ IndexDocument: { Suffix: "a/b" } }, "InvalidArgument");
  await refuse({ ...site, RedirectAllRequestsTo: { HostName: "a" } }, "MalformedXML");
  const code = { Redirect: { HttpRedirectCode: "200" } };
  await refuse({ ...site, RoutingRules: [code] }, "InvalidRequest");
  const both = { Redirect: { ReplaceKeyWith: "a", ReplaceKeyPrefixWith: "b" } };
  await refuse({ ...site, RoutingRules: [both] }, "InvalidRequest");
  await s3.send(new DeleteBucketWebsiteCommand(of));
  await expect(s3.send(new GetBucketWebsiteCommand(of))).rejects.toMatchObject({
    name: "NoSuchWebsiteConfiguration",
  });
  const gone = await visit("configured.s3-website.localhost", "/");
  expect([gone.status, gone.headers["x-amz-error-code"]]).toEqual([
    404,
    "NoSuchWebsiteConfiguration",
  ]);
  expect((await visit("nobodys.s3-website.localhost", "/")).headers["x-amz-error-code"]).toBe(
    "NoSuchBucket",
  );
  expect((await visit("configured.s3-website.localhost", "/%zz")).status).toBe(404);
});
