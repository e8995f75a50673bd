import type { Suite } from "../harness/suite.ts";
import { httpWorkload } from "./contenders.ts";
import type { Call } from "./requests.ts";

const KIB = 1024;
const MIB = 1024 * 1024;

/** The four hot calls, one at a time and crowded. */
export function gatewaySuite(): Suite {
  const calls: readonly (readonly [Call, number])[] = [
    ["PutObject", KIB],
    ["GetObject", KIB],
    ["PutItem", 0],
    ["GetItem", 0],
  ];
  const workloads = [1, 64].flatMap((connections) =>
    calls.map(([call, bytes]) => httpWorkload({ call, bytes, connections })),
  );
  return { name: "gateway", notes: [], workloads };
}

/** Objects by size. */
export function objectsSuite(): Suite {
  const calls: readonly Call[] = ["PutObject", "GetObject"];
  const sizes = [
    { bytes: 64 * KIB, connections: 32 },
    { bytes: MIB, connections: 16 },
    { bytes: 64 * MIB, connections: 4 },
  ];
  const workloads = sizes.flatMap((size) => calls.map((call) => httpWorkload({ call, ...size })));
  return { name: "objects", notes: [], workloads };
}

/** Items of about 400 bytes; Query reads a partition of 100 of them. */
export function tablesSuite(): Suite {
  const calls: readonly Call[] = ["PutItem", "GetItem", "UpdateItem", "Query"];
  const workloads = calls.map((call) => httpWorkload({ call, bytes: 0, connections: 64 }));
  return { name: "tables", notes: [], workloads };
}
