import { Firn } from "@firn/firn";
import type { FirnServer } from "@firn/firn";

/** An operation as the server lists it. */
export type ListedOperation = ReturnType<FirnServer["operations"]>[number];

/** Every operation of every service, by service and name. */
export async function listOperations(): Promise<ReadonlyMap<string, readonly ListedOperation[]>> {
  const firn = await Firn.open({ ephemeral: true });
  try {
    const server = await firn.listen({ port: 0 });
    const byService = new Map<string, ListedOperation[]>();
    for (const listed of server.operations()) {
      const others = byService.get(listed.service) ?? [];
      byService.set(listed.service, [...others, listed]);
    }
    for (const list of byService.values()) {
      list.sort((a, b) => (a.operation.name < b.operation.name ? -1 : 1));
    }
    return byService;
  } finally {
    await firn.close();
  }
}
