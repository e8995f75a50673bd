import type { Clock } from "../platform/clock.ts";
import type { Random } from "../platform/random.ts";
import type { KeySpaceId, StreamOwner } from "../store-api.ts";
import type { StoreBackups } from "../backup/store-backups.ts";
import type { StoreCare } from "../care/store-care.ts";
import type { Memtables } from "../index/memtables.ts";
import type { OrderedIndex } from "../index/ordered-index.ts";
import type { CommitQueue } from "../log/commit-queue.ts";
import type { RecordIdentity } from "../log/record.ts";
import type { ShardLog } from "../log/shard-log.ts";
import type { StoreSealing } from "../seal/store-sealing.ts";
import type { BlobCompactor } from "./blob-compactor.ts";
import type { Committer } from "./committer.ts";
import type { Compactor } from "./compactor.ts";
import type { Flusher } from "./flusher.ts";
import type { KeySpaces } from "./key-spaces.ts";
import type { ReaderPins } from "./reader-pins.ts";
import type { SpaceBudget } from "./space-budget.ts";
import type { StoreBlobs } from "./store-blobs.ts";
import type { StreamTails } from "./stream-tails.ts";
import type { TimeParts } from "./time-travel.ts";
import type { ValueReader } from "./value-reader.ts";

/** What an open store is made of. */
export interface StoreParts extends TimeParts {
  readonly id: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly identity: RecordIdentity;
  readonly log: ShardLog;
  readonly queue: CommitQueue;
  readonly committer: Committer;
  readonly tails: StreamTails;
  readonly memtables: Memtables;
  readonly spaces: KeySpaces;
  readonly values: ValueReader;
  readonly flusher: Flusher;
  readonly compactor: Compactor;
  readonly budget: SpaceBudget;
  /** Filled by whoever owns the streams. */
  readonly streams: { owner?: StreamOwner | undefined };
  readonly throttle: () => Promise<void> | undefined;
  readonly blobs: StoreBlobs;
  readonly blobCompactor: BlobCompactor;
  /** The disk refused bytes of the log: dead extents may make room for them. */
  readonly onFull: () => void;
  readonly backups: StoreBackups;
  readonly readers: ReaderPins;
  readonly care: StoreCare;
  /** In an encrypted store. */
  readonly sealing: StoreSealing | undefined;
  readonly index: () => OrderedIndex;
  /** `undefined` when the manifest says already that these keep history. */
  readonly nameHistory: (spaces: readonly KeySpaceId[]) => Promise<void> | undefined;
  /** Lets go of files, index and lock. */
  readonly release: () => Promise<void>;
}
