import { toHex } from "./tree-hash.ts";

/** One archive in an inventory. */
export interface InventoryItem {
  readonly archiveId: string;
  readonly archiveDescription: string;
  /** Milliseconds since 1970 UTC. */
  readonly creationDate: number;
  readonly size: number;
  readonly treeHash: Uint8Array;
}

export type InventoryFormat = "JSON" | "CSV";

export interface InventoryHead {
  readonly vaultArn: string;
  /** When the inventory was taken, in milliseconds since 1970 UTC. */
  readonly inventoryDate: number;
}

const FLUSH_CHARS = 64 * 1024;

/**
 * The text of an inventory, as it streams: JSON is one document, CSV a line per archive under a
 * heading. Takes 64 KiB of memory, however long it is.
 * @see https://docs.aws.amazon.com/amazonglacier/latest/dev/api-job-output-get.html
 */
export async function* writeInventory(
  format: InventoryFormat,
  head: InventoryHead,
  items: AsyncIterable<InventoryItem>,
): AsyncGenerator<Uint8Array, void, void> {
  const writer = format === "CSV" ? csv : json(head);
  let text = writer.begin;
  let first = true;
  for await (const item of items) {
    text += (first ? "" : writer.between) + writer.item(item);
    first = false;
    if (text.length < FLUSH_CHARS) continue;
    yield Buffer.from(text);
    text = "";
  }
  yield Buffer.from(text + writer.end);
}

interface InventoryWriter {
  readonly begin: string;
  readonly between: string;
  readonly end: string;
  item(item: InventoryItem): string;
}

function json(head: InventoryHead): InventoryWriter {
  const date = toSeconds(head.inventoryDate);
  const start = JSON.stringify({ VaultARN: head.vaultArn, InventoryDate: date }).slice(0, -1);
  return {
    begin: `${start},"ArchiveList":[`,
    between: ",",
    end: "]}",
    item: (item) =>
      JSON.stringify({
        ArchiveId: item.archiveId,
        ArchiveDescription: item.archiveDescription,
        CreationDate: toSeconds(item.creationDate),
        Size: item.size,
        SHA256TreeHash: toHex(item.treeHash),
      }),
  };
}

const csv: InventoryWriter = {
  begin: "ArchiveId,ArchiveDescription,CreationDate,Size,SHA256TreeHash\n",
  between: "",
  end: "",
  item: (item) =>
    [
      item.archiveId,
      csvField(item.archiveDescription),
      toSeconds(item.creationDate),
      item.size,
      toHex(item.treeHash),
    ].join(",") + "\n",
};

/**
 * AWS's own dialect: a field with a comma or a quote stands in quotes, a quote inside is preceded
 * by a backslash, and a backslash itself stays as it is.
 */
function csvField(text: string): string {
  return /[",]/.test(text) ? `"${text.replaceAll('"', '\\"')}"` : text;
}

/** The inventory spells times to the second. */
function toSeconds(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 19)}Z`;
}
