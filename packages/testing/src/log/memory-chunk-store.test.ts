import { chunkStoreContract } from "../contracts/chunk-store.contract.ts";
import { MemoryChunkStore } from "./memory-chunk-store.ts";

chunkStoreContract("in memory", async () => ({ chunks: new MemoryChunkStore() }));
