import type { RoutingRule, WebsiteConfiguration } from "@firn/objects";
import { ServiceError } from "@firn/wire";
import type { XmlElement } from "@firn/wire";
import { configurationOperations } from "../configuration-operations.ts";
import {
  childrenOf,
  optionalChild,
  optionalCount,
  optionalText,
  requiredChild,
  requiredText,
} from "../configuration-xml.ts";
import type { XmlMembers } from "../configuration-xml.ts";
import type { S3Operation } from "../context.ts";
import { childText } from "../malformed-xml.ts";

/** PutBucketWebsite, GetBucketWebsite, DeleteBucketWebsite. */
export const bucketWebsite: readonly S3Operation[] = configurationOperations<WebsiteConfiguration>({
  name: "BucketWebsite",
  subresource: "website",
  root: "WebsiteConfiguration",
  errors: ["NoSuchWebsiteConfiguration", "InvalidRequest", "InvalidArgument"],
  read,
  write,
  get: (objects, request) => objects.getBucketWebsite(request),
  put: (objects, request, website) => objects.putBucketWebsite({ ...request, website }),
  remove: (objects, request) => objects.deleteBucketWebsite(request),
});

function read(document: XmlElement): WebsiteConfiguration {
  const all = optionalChild(document, "RedirectAllRequestsTo");
  const index = optionalChild(document, "IndexDocument");
  const error = optionalChild(document, "ErrorDocument");
  const rules = optionalChild(document, "RoutingRules");
  return {
    redirectAllRequestsTo: all && {
      hostName: requiredText(all, "HostName"),
      protocol: protocolIn(all),
    },
    indexSuffix: index && requiredText(index, "Suffix"),
    errorKey: error && requiredText(error, "Key"),
    routingRules: rules && childrenOf(rules, "RoutingRule").map(readRule),
  };
}

function readRule(element: XmlElement): RoutingRule {
  const condition = optionalChild(element, "Condition");
  const redirect = requiredChild(element, "Redirect");
  return {
    condition: condition && {
      keyPrefixEquals: childText(condition, "KeyPrefixEquals"),
      httpErrorCodeReturnedEquals: optionalCount(condition, "HttpErrorCodeReturnedEquals"),
    },
    redirect: {
      protocol: protocolIn(redirect),
      hostName: optionalText(redirect, "HostName"),
      replaceKeyPrefixWith: childText(redirect, "ReplaceKeyPrefixWith"),
      replaceKeyWith: childText(redirect, "ReplaceKeyWith"),
      httpRedirectCode: optionalCount(redirect, "HttpRedirectCode"),
    },
  };
}

function protocolIn(element: XmlElement): "http" | "https" | undefined {
  const protocol = optionalText(element, "Protocol");
  if (protocol === undefined || protocol === "http" || protocol === "https") return protocol;
  throw new ServiceError(
    "InvalidRequest",
    400,
    "Invalid protocol, protocol can be http or https. If not defined the protocol will be " +
      "selected automatically.",
  );
}

function write(website: WebsiteConfiguration): XmlMembers {
  const { redirectAllRequestsTo: all, indexSuffix, errorKey, routingRules } = website;
  return {
    RedirectAllRequestsTo: all && { HostName: all.hostName, Protocol: all.protocol },
    IndexDocument: indexSuffix === undefined ? undefined : { Suffix: indexSuffix },
    ErrorDocument: errorKey === undefined ? undefined : { Key: errorKey },
    RoutingRules: routingRules && { RoutingRule: routingRules.map(writeRule) },
  };
}

function writeRule({ condition, redirect }: RoutingRule): XmlMembers {
  return {
    Condition: condition && {
      KeyPrefixEquals: condition.keyPrefixEquals,
      HttpErrorCodeReturnedEquals: condition.httpErrorCodeReturnedEquals,
    },
    Redirect: {
      Protocol: redirect.protocol,
      HostName: redirect.hostName,
      ReplaceKeyPrefixWith: redirect.replaceKeyPrefixWith,
      ReplaceKeyWith: redirect.replaceKeyWith,
      HttpRedirectCode: redirect.httpRedirectCode,
    },
  };
}
