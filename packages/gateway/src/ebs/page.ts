import type { ListSnapshotBlocksOptions, SnapshotBlock, Volumes } from "@firn/volumes";
import { PAGE_BLOCKS_MAX, PAGE_TOKEN_MS } from "./constants.ts";
import { validationError } from "./errors.ts";
import { pageStart, pageToken } from "./tokens.ts";

export interface BlockPageRequest {
  readonly NextToken?: string | undefined;
  readonly MaxResults?: number | undefined;
  readonly StartingBlockIndex?: number | undefined;
}

export interface BlockPage {
  readonly blocks: readonly SnapshotBlock[];
  readonly nextToken: string | undefined;
}

/** One page of blocks, in the order of their indexes. @throws ValidationException. */
export async function pageOfBlocks(
  volumes: Volumes,
  options: Omit<ListSnapshotBlocksOptions, "startingBlockIndex">,
  { request, nowMs }: { readonly request: BlockPageRequest; readonly nowMs: number },
): Promise<BlockPage> {
  const secret = await volumes.secret();
  const list = `${options.firstSnapshotId ?? ""}\0${options.snapshotId}`;
  const { NextToken, MaxResults = PAGE_BLOCKS_MAX, StartingBlockIndex = 0 } = request;
  const from =
    NextToken === undefined ? StartingBlockIndex : pageStart(NextToken, secret, { list, nowMs });
  if (from === undefined) {
    throw validationError("INVALID_PAGE_TOKEN", "The page token is not valid or has expired.");
  }
  const blocks: SnapshotBlock[] = [];
  for await (const block of volumes.direct.list({ ...options, startingBlockIndex: from })) {
    if (blocks.length === MaxResults) {
      const expiresMs = nowMs + PAGE_TOKEN_MS;
      return { blocks, nextToken: pageToken(secret, { list, from: block.blockIndex, expiresMs }) };
    }
    blocks.push(block);
  }
  return { blocks, nextToken: undefined };
}
