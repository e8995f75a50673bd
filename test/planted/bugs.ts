import { careBugs } from "./care-bugs.ts";
import { commitBugs } from "./commit-bugs.ts";
import { logBugs } from "./log-bugs.ts";
import type { PlantedBug } from "./planted-bug.ts";
import { sealBugs } from "./seal-bugs.ts";
import { spaceBugs } from "./space-bugs.ts";
import { volumeBugs } from "./volume-bugs.ts";

/** Storage bugs that the tests of their own packages must find. */
export const plantedBugs: readonly PlantedBug[] = [
  ...logBugs,
  ...commitBugs,
  ...spaceBugs,
  ...careBugs,
  ...sealBugs,
  ...volumeBugs,
];
