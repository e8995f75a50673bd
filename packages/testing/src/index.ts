export { chunkStoreContract } from "./contracts/chunk-store.contract.ts";
export type { ChunkStoreUnderTest } from "./contracts/chunk-store.contract.ts";
export { fileSystemContract } from "./contracts/file-system.contract.ts";
export type { FileSystemUnderTest } from "./contracts/file-system.contract.ts";
export { orderedIndexContract } from "./contracts/ordered-index.contract.ts";
export type { IndexUnderTest } from "./contracts/ordered-index.contract.ts";
export { shardLogContract } from "./contracts/shard-log.contract.ts";
export type { ShardLogUnderTest } from "./contracts/shard-log.contract.ts";
export { atEveryRequest, cutAt } from "./crash/cut-at.ts";
export { runHistories } from "./crash/run-histories.ts";
export type { RandomHistories } from "./crash/run-histories.ts";
export { CrashProbes } from "./crash/crash-probes.ts";
export { CrashRunner } from "./crash/crash-runner.ts";
export type {
  CrashRunnerOptions,
  OpenedCore,
  SimMachine,
  Strike,
} from "./crash/crash-runner-options.ts";
export {
  SIM_DIRECTORY,
  SIM_LIMITS,
  SimCore,
  forkMachine,
  makeMachine,
  restartMachine,
  turn,
} from "./crash/sim-core.ts";
export type { MakeIndex, OpenMachine } from "./crash/sim-core.ts";
export { SimTime } from "./crash/sim-time.ts";
export { coreOperation } from "./crash/core-operation.ts";
export type { CoreOperation, OperationWeights, TransactionStep } from "./crash/core-operation.ts";
export type { CrashOptions, PendingChange } from "./disk/crash-options.ts";
export { diskError } from "./disk/disk-fault.ts";
export type { DiskFault, DiskHook, DiskOperation, DiskRequest } from "./disk/disk-fault.ts";
export { rotFiles } from "./disk/rot-files.ts";
export { SimFileSystem } from "./disk/sim-file-system.ts";
export type { SimFileSystemOptions } from "./disk/sim-file-system.ts";
export { PAGE_BYTES, SECTOR_BYTES } from "./disk/torn-write.ts";
export { gatewaySetup, testRoot } from "./gateway/gateway-setup.ts";
export type { GatewaySetup, TestCaller, TestSigner } from "./gateway/gateway-setup.ts";
export { checkRegister } from "./history/register-check.ts";
export type { RegisterFault, RegisterOperation, RegisterValue } from "./history/register-check.ts";
export { checkTransactions } from "./history/transaction-check.ts";
export type { ListRead, ListTransaction, TransactionFault } from "./history/transaction-check.ts";
export { SimIndex } from "./index/sim-index.ts";
export type { SimIndexOptions } from "./index/sim-index.ts";
export { codeOf, latin1, latin1Bytes, readCore } from "./crash/read-core.ts";
export type { CoreReadOptions } from "./crash/read-core.ts";
export { SortedBytes, compareBytes } from "./index/sorted-bytes.ts";
export { MemoryChunkStore } from "./log/memory-chunk-store.ts";
export { MemoryShardLog } from "./log/memory-shard-log.ts";
export type { DecodedForLog, MemoryShardLogOptions } from "./log/memory-shard-log.ts";
export { assertUntil } from "./model/assert-until.ts";
export type { AssertUntilOptions } from "./model/assert-until.ts";
export {
  addRecoveries,
  cpuRate,
  printLine,
  testBudgetMs,
  testCount,
  testSeed,
} from "./model/test-run.ts";
export { NbdClient } from "./nbd/nbd-client.ts";
export type { NbdAnswer, NbdCall, NbdClientOptions } from "./nbd/nbd-client.ts";
