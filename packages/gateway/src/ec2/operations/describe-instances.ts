import { list, string, structure } from "@firn/wire";
import type { Ec2Operation } from "../context.ts";
import { operation } from "../context.ts";
import { filters, matcherOf } from "../filters.ts";
import { checkInstanceId } from "../ids.ts";
import {
  instanceFields,
  instancesOf,
  reservationMember,
  reservationMembers,
} from "../instance-member.ts";
import { invalidInstance } from "../errors.ts";
import {
  maxResults,
  nextToken,
  nextTokenOut,
  pageLimit,
  readToken,
  writeToken,
} from "../paging.ts";

/** There are no machines: an instance is who holds volumes, and is there while it holds one. */
export const describeInstances: Ec2Operation = operation({
  name: "DescribeInstances",
  input: {
    InstanceIds: list(string(), { name: "InstanceId" }),
    Filters: filters,
    MaxResults: maxResults,
    NextToken: nextToken,
  },
  output: {
    Reservations: list(structure(reservationMembers), { name: "reservationSet", item: "item" }),
    NextToken: nextTokenOut,
  },
  errors: ["FilterLimitExceeded", "InvalidInstanceID.NotFound", "InvalidPaginationToken"],
  async handler(input, { volumes, caller }) {
    const matches = matcherOf(input.Filters, instanceFields);
    const all = await instancesOf(volumes);
    const ids = input.InstanceIds?.map(checkInstanceId);
    const missing = ids?.find((id) => !all.has(id));
    if (missing !== undefined) throw invalidInstance(missing);
    const after = readToken(input.NextToken) ?? "";
    const limit = pageLimit(input);
    const found = [...all.values()]
      .filter((one) => (ids === undefined || ids.includes(one.instanceId)) && matches(one))
      .filter(({ instanceId }) => instanceId > after)
      .sort((a, b) => (a.instanceId < b.instanceId ? -1 : 1));
    const page = found.slice(0, limit);
    const last = page.at(-1);
    return {
      Reservations: page.map((instance) => reservationMember(instance, caller.accountId)),
      NextToken:
        found.length > limit && last !== undefined ? writeToken(last.instanceId) : undefined,
    };
  },
});
