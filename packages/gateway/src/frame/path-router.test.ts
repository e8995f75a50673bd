import { expect, test } from "vitest";
import { MalformedError, parseQuery } from "@firn/wire";
import { PathRouter } from "./path-router.ts";
import { bucketOfHost } from "./service-locator.ts";

const router = new PathRouter<string>();
router.add({ method: "GET", path: "/" }, "ListBuckets");
router.add({ method: "GET", path: "/{Bucket}" }, "ListObjects");
router.add({ method: "GET", path: "/{Bucket}", query: ["list-type=2"] }, "ListObjectsV2");
router.add({ method: "PUT", path: "/{Bucket}/{Key+}" }, "PutObject");
router.add({ method: "PUT", path: "/{B}/{K+}", headers: ["x-amz-copy-source"] }, "CopyObject");
router.add({ method: "PUT", path: "/{Bucket}/{Key+}", query: ["partNumber", "uploadId"] }, "Part");
router.add({ method: "GET", path: "/{account}/vaults/{vault}" }, "DescribeVault");
router.add({ method: "GET", path: "/{account}/vaults/{vault}/jobs" }, "ListJobs");
router.add({ method: "GET", path: "/{account}/policies/data-retrieval" }, "GetPolicy");
router.add({ method: "GET", path: "/{account}/policies/{any}" }, "GetAny");

function find(line: string, headers: Record<string, string> = {}): unknown {
  const [method = "", url = ""] = line.split(" ");
  const [path = "", query = ""] = url.split("?");
  const match = router.find({ method, path, query: parseQuery(query), headers });
  return match && [match.target, ...match.labels.values()];
}

test("the route with the most conditions and literals wins", () => {
  expect(find("GET /")).toEqual(["ListBuckets"]);
  expect(find("GET /b")).toEqual(["ListObjects", "b"]);
  expect(find("GET /b/")).toEqual(["ListObjects", "b"]);
  expect(find("GET /b?list-type=2&prefix=a")).toEqual(["ListObjectsV2", "b"]);
  expect(find("GET /b?list-type=1")).toEqual(["ListObjects", "b"]);
  expect(find("PUT /b/k?uploadId=u&partNumber=1")).toEqual(["Part", "b", "k"]);
  expect(find("PUT /b/k?uploadId=u")).toEqual(["PutObject", "b", "k"]);
  expect(find("PUT /b/k", { "x-amz-copy-source": "/a/b" })).toEqual(["CopyObject", "b", "k"]);
  expect(find("GET /-/policies/data-retrieval")).toEqual(["GetPolicy", "-"]);
  expect(find("GET /-/policies/other")).toEqual(["GetAny", "-", "other"]);
  expect(find("GET /-/vaults/v/jobs")).toEqual(["ListJobs", "-", "v"]);
});

test("a greedy label keeps slashes, empty segments and what was escaped", () => {
  expect(find("PUT /b/a//b/")).toEqual(["PutObject", "b", "a//b/"]);
  expect(find("PUT /b/a%2Fb%20c+d")).toEqual(["PutObject", "b", "a/b c+d"]);
  expect(find("PUT /b/../x")).toEqual(["PutObject", "b", "../x"]);
  expect(() => find("PUT /b/%zz")).toThrow(MalformedError);
});

test("what nobody declared is not found", () => {
  expect(find("DELETE /b")).toBeUndefined();
  expect(find("PUT /b")).toBeUndefined();
  expect(find("GET /-/vaults/v/other")).toBeUndefined();
});

test.each([
  ["photos.localhost:4566", "photos"],
  ["a.b.localhost", "a.b"],
  ["photos.s3.amazonaws.com", "photos"],
  ["photos.s3.us-east-1.amazonaws.com", "photos"],
  ["photos.s3-website.example.org", "photos"],
  ["localhost:4566", undefined],
  ["127.0.0.1:4566", undefined],
  ["[::1]:4566", undefined],
  ["s3.localhost", undefined],
  ["s3.us-east-1.localhost:4566", undefined],
  ["example.org", undefined],
])("the host %s names the bucket %s", (host, bucket) => {
  expect(bucketOfHost(host)).toBe(bucket);
});
