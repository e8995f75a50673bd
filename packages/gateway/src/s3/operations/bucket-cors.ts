import type { CorsRule } from "@firn/objects";
import { ServiceError } from "@firn/wire";
import type { XmlElement } from "@firn/wire";
import { configurationOperations } from "../configuration-operations.ts";
import { childrenOf, optionalCount, optionalText } from "../configuration-xml.ts";
import type { S3Operation } from "../context.ts";
import { malformedXml } from "../malformed-xml.ts";

/** PutBucketCors, GetBucketCors, DeleteBucketCors. */
export const bucketCors: readonly S3Operation[] = configurationOperations<readonly CorsRule[]>({
  name: "BucketCors",
  subresource: "cors",
  root: "CORSConfiguration",
  errors: ["NoSuchCORSConfiguration", "InvalidRequest"],
  read,
  write: (rules) => ({
    CORSRule: rules.map((rule) => ({
      ID: rule.id,
      AllowedMethod: rule.allowedMethods,
      AllowedOrigin: rule.allowedOrigins,
      AllowedHeader: rule.allowedHeaders,
      ExposeHeader: rule.exposeHeaders,
      MaxAgeSeconds: rule.maxAgeSeconds,
    })),
  }),
  get: (objects, request) => objects.getBucketCors(request),
  put: (objects, request, rules) => objects.putBucketCors({ ...request, rules }),
  remove: (objects, request) => objects.deleteBucketCors(request),
});

/** S3's limits. */
const RULES_MAX = 100;
const ID_LENGTH_MAX = 255;
const METHODS: readonly string[] = ["GET", "PUT", "POST", "DELETE", "HEAD"];

function read(document: XmlElement): readonly CorsRule[] {
  const elements = childrenOf(document, "CORSRule");
  if (elements.length === 0 || elements.length !== document.children.length) throw malformedXml();
  if (elements.length > RULES_MAX) {
    throw invalid("The number of CORS rules should not exceed allowed limit of 100 rules.");
  }
  return elements.map(readRule);
}

function readRule(element: XmlElement): CorsRule {
  const id = optionalText(element, "ID");
  const allowedMethods = texts(element, "AllowedMethod");
  const allowedOrigins = texts(element, "AllowedOrigin");
  const allowedHeaders = texts(element, "AllowedHeader");
  if (allowedMethods.length === 0 || allowedOrigins.length === 0) throw malformedXml();
  const wrong = allowedMethods.find((method) => !METHODS.includes(method));
  if (wrong !== undefined) {
    throw invalid(
      `Found unsupported HTTP method in CORS config. Unsupported method is ${wrong.slice(0, 64)}`,
    );
  }
  checkStars("AllowedOrigin", allowedOrigins);
  checkStars("AllowedHeader", allowedHeaders);
  if (id !== undefined && id.length > ID_LENGTH_MAX) throw malformedXml();
  const exposeHeaders = texts(element, "ExposeHeader");
  return {
    id,
    allowedMethods,
    allowedOrigins,
    allowedHeaders: allowedHeaders.length === 0 ? undefined : allowedHeaders,
    exposeHeaders: exposeHeaders.length === 0 ? undefined : exposeHeaders,
    maxAgeSeconds: optionalCount(element, "MaxAgeSeconds"),
  };
}

function texts(element: XmlElement, name: string): string[] {
  return childrenOf(element, name).map(({ text }) => text.trim());
}

function checkStars(name: string, patterns: readonly string[]): void {
  const wrong = patterns.find((pattern) => pattern.split("*").length > 2);
  if (wrong === undefined) return;
  throw invalid(`${name} "${wrong.slice(0, 128)}" can not have more than one wildcard.`);
}

function invalid(text: string): ServiceError {
  return new ServiceError("InvalidRequest", 400, text);
}
