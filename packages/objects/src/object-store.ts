import type { Clock, UsageLine, UsageOptions } from "@firn/core";
import type {
  BucketInfo,
  BucketRequest,
  BucketsPage,
  CreateBucketRequest,
  ListBucketsRequest,
} from "./bucket-types.ts";
import { appendObject } from "./append-object.ts";
import { createBucket, deleteBucket, headBucket, listBuckets } from "./buckets.ts";
import { Digests } from "./checksum/checksum.ts";
import { copyObject } from "./copy-object.ts";
import { deleteObject, deleteObjects } from "./delete-objects.ts";
import type { Engine } from "./engine.ts";
import type { ObjectStoreOptions } from "./object-store-options.ts";
import { objectError } from "./errors.ts";
import { AccessLogs } from "./logging/access-logs.ts";
import { loggedBuckets } from "./logging/bucket-logging.ts";
import { getObjectAttributes } from "./get-object-attributes.ts";
import { getObject, headObject } from "./get-object.ts";
import { InventorySettings } from "./inventory/inventory-settings.ts";
import type { InventoryReport } from "./inventory/inventory-types.ts";
import { InventoryWorker } from "./inventory/inventory-worker.ts";
import { BucketRecords } from "./layout/bucket-records.ts";
import type { LifecycleReport } from "./lifecycle/lifecycle-types.ts";
import { LifecycleWorker } from "./lifecycle/lifecycle-worker.ts";
import { listObjectVersions } from "./list-object-versions.ts";
import { listObjects, listObjectsV2 } from "./list-objects.ts";
import type { PagedList } from "./listing/paged-list.ts";
import type * as multipart from "./multipart-types.ts";
import { abortMultipartUpload } from "./multipart/abort-multipart-upload.ts";
import { completeMultipartUpload } from "./multipart/complete-multipart-upload.ts";
import { createMultipartUpload } from "./multipart/create-multipart-upload.ts";
import { listMultipartUploads } from "./multipart/list-multipart-uploads.ts";
import { listParts } from "./multipart/list-parts.ts";
import { uploadPartCopy } from "./multipart/upload-part-copy.ts";
import { uploadPart } from "./multipart/upload-part.ts";
import { deleteObjectTagging, getObjectTagging, putObjectTagging } from "./object-tagging.ts";
import { Bell } from "./notifications/bell.ts";
import { RestoreNotices } from "./notifications/restore-notices.ts";
import { EventDelivery } from "./notifications/event-delivery.ts";
import type { DeliverEventsRequest } from "./notifications/notification-types.ts";
import type * as objects from "./object-types.ts";
import { putObject } from "./put-object.ts";
import { renameObject } from "./rename-object.ts";
import type { RenameObjectRequest } from "./rename-object.ts";
import { RestoreRemains } from "./rewind/restore-remains.ts";
import { PastLsns } from "./rewind/past-lsns.ts";
import { DEFAULT_SCOPE } from "./scope.ts";
import type { Scope } from "./scope.ts";
import type * as tagging from "./tag-types.ts";
import { Turns } from "./turns.ts";
import { usageOfObjects } from "./usage.ts";
import type * as versions from "./version-types.ts";

interface Lifetime {
  closed: boolean;
  readonly lifecycles: LifecycleWorker;
  readonly accessLogs: AccessLogs;
  readonly inventories: InventoryWorker;
  readonly restores: RestoreNotices;
  readonly remains: RestoreRemains;
  readonly deliveries: Set<EventDelivery>;
}

/**
 * An object store of S3's shape inside the process: buckets of objects with any bytes under any
 * key.
 *
 * Writes resolve after an fdatasync that covers them and are atomic: readers see the object before
 * or the object after, whole. Conditions (`ifMatch`, `ifNoneMatch`) are decided in the transaction
 * that writes, so that of many writers with `ifNoneMatch: "*"` one wins.
 *
 * Every call may throw FIRN_BUCKET_NOT_FOUND, FIRN_BUCKET_ACCESS_DENIED, FIRN_OBJECTS_ABORTED,
 * FIRN_OBJECTS_CLOSED, FIRN_OBJECT_ARGUMENT_INVALID and the core's errors; each names the others.
 */
export class ObjectStore extends InventorySettings implements AsyncDisposable {
  readonly #engine: Engine;
  readonly #lifetime: Lifetime;

  static async open(options: ObjectStoreOptions): Promise<ObjectStore> {
    const { store, keyRing, instantRestores = false, takeExpedited = () => true } = options;
    const [root, outbox, accessLog, digests] = await Promise.all([
      store.openKeySpace("objects"),
      store.openKeySpace("objects-outbox"),
      store.openKeySpace("objects-access-log"),
      Digests.open(),
    ]);
    const bell = new Bell();
    const memory = { buckets: new BucketRecords(), pastLsns: new PastLsns() };
    const kept = {
      bell,
      instantRestores,
      takeExpedited,
      quotaTurns: new Turns(),
      restoring: new Set<string>(),
      ...memory,
    };
    const logged = await loggedBuckets(store, root);
    const spaces = { root, outbox, accessLog, logged };
    const engine = { store, ...spaces, digests, ...kept, scope: DEFAULT_SCOPE, keyRing };
    const lifecycles = new LifecycleWorker(engine);
    lifecycles.start();
    const accessLogs = new AccessLogs(engine);
    accessLogs.start();
    const inventories = new InventoryWorker(engine);
    inventories.start();
    const restores = new RestoreNotices(engine);
    restores.start();
    const remains = new RestoreRemains(engine);
    remains.start();
    const workers = { lifecycles, accessLogs, inventories, restores, remains };
    return new ObjectStore(engine, { closed: false, ...workers, deliveries: new Set() });
  }

  private constructor(engine: Engine, lifetime: Lifetime) {
    super();
    this.#engine = engine;
    this.#lifetime = lifetime;
  }

  /** The same store, acting for another account or region. Costs nothing. */
  in(scope: Partial<Scope>): ObjectStore {
    const engine = { ...this.#engine, scope: { ...this.#engine.scope, ...scope } };
    return new ObjectStore(engine, this.#lifetime);
  }

  /**
   * @throws FIRN_BUCKET_NAME_INVALID, FIRN_BUCKET_OWNED, FIRN_BUCKET_EXISTS, FIRN_BUCKET_LIMIT
   * (10,000 of one account).
   */
  async createBucket(request: CreateBucketRequest): Promise<BucketInfo> {
    return await createBucket(this.#open(), request);
  }

  async headBucket(request: BucketRequest): Promise<BucketInfo> {
    return await headBucket(this.#open(), request);
  }

  /** Aborts open uploads. @throws FIRN_BUCKET_NOT_EMPTY while there is any version. */
  async deleteBucket(request: BucketRequest): Promise<void> {
    await deleteBucket(this.#open(), request);
  }

  /** The buckets of this engine's account. */
  listBuckets(request: ListBucketsRequest = {}): PagedList<BucketInfo, BucketsPage> {
    return listBuckets(this.#open(), request);
  }

  /**
   * Stores the body under the key, in place of what was there, or with versioning as a version of
   * its own. Memory does not grow with it.
   *
   * @throws FIRN_OBJECT_KEY_INVALID, FIRN_OBJECT_KEY_TOO_LONG, FIRN_OBJECT_METADATA_TOO_LARGE,
   * FIRN_OBJECT_TOO_LARGE (5 GiB), FIRN_OBJECT_BODY_INCOMPLETE, FIRN_OBJECT_DIGEST_INVALID,
   * FIRN_OBJECT_DIGEST_MISMATCH, FIRN_OBJECT_CHECKSUM_INVALID, FIRN_OBJECT_CHECKSUM_MISMATCH,
   * FIRN_OBJECT_PRECONDITION_FAILED, FIRN_OBJECT_NOT_FOUND (`ifMatch` and no object).
   */
  async putObject(request: objects.PutObjectRequest): Promise<objects.PutObjectResult> {
    const put = request.writeOffsetBytes === undefined ? putObject : appendObject;
    return await put(this.#open(), request);
  }

  /**
   * The object and its bytes, as of the call. Read `body` soon: bytes of an object that is
   * replaced meanwhile are kept no longer than the store's compaction lets them.
   *
   * @throws FIRN_OBJECT_NOT_FOUND, FIRN_OBJECT_VERSION_NOT_FOUND, FIRN_OBJECT_VERSION_INVALID,
   * FIRN_OBJECT_DELETE_MARKER (the version named is one), FIRN_OBJECT_RANGE_INVALID,
   * FIRN_OBJECT_PRECONDITION_FAILED, FIRN_OBJECT_NOT_MODIFIED, FIRN_RECORD_CORRUPT.
   */
  async getObject(request: objects.GetObjectRequest): Promise<objects.GetObjectResult> {
    return await getObject(this.#open(), request);
  }

  /** As `getObject`, without the bytes. */
  async headObject(request: objects.HeadObjectRequest): Promise<objects.HeadObjectResult> {
    return await headObject(this.#open(), request);
  }

  /** What is known of an object beside its bytes; @throws as `headObject`. */
  async getObjectAttributes(
    request: objects.GetObjectAttributesRequest,
  ): Promise<objects.GetObjectAttributesResult> {
    return await getObjectAttributes(this.#open(), request);
  }

  /**
   * No error when there is nothing, unless `ifMatch` asks for something. With versioning it makes
   * a delete marker; with `versionId` that version is gone for good.
   *
   * @throws FIRN_OBJECT_PRECONDITION_FAILED, FIRN_OBJECT_NOT_FOUND, FIRN_OBJECT_VERSION_INVALID.
   */
  async deleteObject(request: objects.DeleteObjectRequest): Promise<objects.DeleteObjectResult> {
    return await deleteObject(this.#open(), request);
  }

  /** Up to 1000 keys, at once. */
  async deleteObjects(request: objects.DeleteObjectsRequest): Promise<objects.DeleteObjectsResult> {
    return await deleteObjects(this.#open(), request);
  }

  /**
   * Moves no bytes, whatever the size.
   *
   * @throws FIRN_OBJECT_NOT_FOUND, FIRN_OBJECT_PRECONDITION_FAILED, FIRN_OBJECT_COPY_UNCHANGED.
   */
  async copyObject(request: objects.CopyObjectRequest): Promise<objects.CopyObjectResult> {
    return await copyObject(this.#open(), request);
  }

  /** Another key for an object, in one step. @throws as `copyObject`. */
  async renameObject(request: RenameObjectRequest): Promise<void> {
    await renameObject(this.#open(), request);
  }

  /** Each page costs its entries and common prefixes, however much lies under those. */
  listObjectsV2(
    request: objects.ListObjectsV2Request,
  ): PagedList<objects.ListedObject, objects.ObjectsPageV2> {
    return listObjectsV2(this.#open(), request);
  }

  /** As `listObjectsV2`, with keys in the place of tokens. */
  listObjects(
    request: objects.ListObjectsRequest,
  ): PagedList<objects.ListedObject, objects.ObjectsPageV1> {
    return listObjects(this.#open(), request);
  }

  /** @throws FIRN_OBJECT_NOT_FOUND, FIRN_OBJECT_VERSION_NOT_FOUND, FIRN_OBJECT_DELETE_MARKER. */
  async getObjectTagging(request: tagging.ObjectTaggingRequest): Promise<tagging.ObjectTagging> {
    return await getObjectTagging(this.#open(), request);
  }

  /** As `getObjectTagging`; @throws FIRN_TAG_INVALID too. */
  async putObjectTagging(request: tagging.PutObjectTaggingRequest): Promise<tagging.TaggedVersion> {
    return await putObjectTagging(this.#open(), request);
  }

  async deleteObjectTagging(request: tagging.ObjectTaggingRequest): Promise<tagging.TaggedVersion> {
    return await deleteObjectTagging(this.#open(), request);
  }

  /** Every version and delete marker. @throws FIRN_OBJECT_VERSION_INVALID. */
  listObjectVersions(
    request: versions.ListObjectVersionsRequest,
  ): PagedList<versions.ListedVersion, versions.VersionsPage> {
    return listObjectVersions(this.#open(), request);
  }

  /** @throws FIRN_UPLOAD_CHECKSUM_TYPE. */
  async createMultipartUpload(
    request: multipart.CreateMultipartUploadRequest,
  ): Promise<multipart.CreateMultipartUploadResult> {
    return await createMultipartUpload(this.#open(), request);
  }

  /**
   * @throws FIRN_UPLOAD_NOT_FOUND, FIRN_UPLOAD_CHECKSUM_TYPE, and what `putObject` says of bodies.
   */
  async uploadPart(request: multipart.UploadPartRequest): Promise<multipart.UploadPartResult> {
    return await uploadPart(this.#open(), request);
  }

  /**
   * A part that is another object or a range of one. Moves no bytes when that is a whole object
   * uploaded in one piece.
   *
   * @throws FIRN_UPLOAD_NOT_FOUND, FIRN_OBJECT_REQUEST_INVALID, FIRN_OBJECT_RANGE_INVALID, and what
   * `getObject` says of the source.
   */
  async uploadPartCopy(
    request: multipart.UploadPartCopyRequest,
  ): Promise<multipart.UploadPartCopyResult> {
    return await uploadPartCopy(this.#open(), request);
  }

  /**
   * Makes the object of its parts; moves no bytes.
   *
   * @throws FIRN_UPLOAD_NOT_FOUND, FIRN_UPLOAD_PARTS_MISSING, FIRN_UPLOAD_PART_ORDER,
   * FIRN_UPLOAD_PART_INVALID, FIRN_UPLOAD_PART_TOO_SMALL, FIRN_OBJECT_CHECKSUM_MISMATCH,
   * FIRN_UPLOAD_CHECKSUM_TYPE, FIRN_OBJECT_PRECONDITION_FAILED.
   */
  async completeMultipartUpload(
    request: multipart.CompleteMultipartUploadRequest,
  ): Promise<multipart.CompleteMultipartUploadResult> {
    return await completeMultipartUpload(this.#open(), request);
  }

  /** @throws FIRN_UPLOAD_NOT_FOUND. */
  async abortMultipartUpload(request: multipart.UploadRequest): Promise<void> {
    await abortMultipartUpload(this.#open(), request);
  }

  /** @throws FIRN_UPLOAD_NOT_FOUND. */
  listParts(
    request: multipart.ListPartsRequest,
  ): PagedList<multipart.ListedPart, multipart.PartsPage> {
    return listParts(this.#open(), request);
  }

  listMultipartUploads(
    request: multipart.ListMultipartUploadsRequest,
  ): PagedList<multipart.ListedUpload, multipart.UploadsPage> {
    return listMultipartUploads(this.#open(), request);
  }

  /** What all buckets of all accounts hold, by storage class: versions and parts. */
  async usage(options: UsageOptions): Promise<UsageLine[]> {
    return await usageOfObjects(this.#open(), options);
  }

  /**
   * Applies the lifecycles of all buckets now, as it happens by itself at each midnight of the
   * store's clock. Costs a scan of those buckets.
   */
  async runLifecycle(): Promise<LifecycleReport> {
    this.#open();
    return await this.#lifetime.lifecycles.run();
  }

  /** Writes the inventories that are due, as it happens by itself at each midnight. */
  async runInventories(): Promise<InventoryReport> {
    this.#open();
    return await this.#lifetime.inventories.run();
  }

  /**
   * Hands over what buckets' notifications say of one destination: at least once, oldest first.
   * Events wait for it, also through a restart, for four days.
   */
  deliver(request: DeliverEventsRequest): EventDelivery {
    const delivery = new EventDelivery(this.#open(), request);
    const { deliveries } = this.#lifetime;
    deliveries.add(delivery);
    void delivery.ended().then(() => deliveries.delete(delivery));
    return delivery;
  }

  /** The store's. */
  get clock(): Clock {
    return this.#engine.store.clock;
  }

  /** Whether `noteAccess` has a use for lines about any bucket. */
  get logsAccess(): boolean {
    return this.#engine.logged.size > 0;
  }

  /** Whether `noteAccess` has a use for lines about this bucket. */
  isLogged(bucket: string): boolean {
    return this.#engine.logged.has(bucket);
  }

  /**
   * Notes a line of S3's server access logs about a request to a bucket that is logged. It becomes
   * part of an object of the log's bucket within some five minutes of the store's time, at least
   * once; a crash loses lines of the last second.
   */
  noteAccess(note: { readonly bucket: string; readonly line: string }): void {
    this.#lifetime.accessLogs.note(note.bucket, note.line);
  }

  /** Writes what was noted of requests so far into its buckets, now. */
  async flushAccessLogs(): Promise<void> {
    this.#open();
    await this.#lifetime.accessLogs.flush();
  }

  /** Refuses further calls, here and in every scope. The store stays open. Idempotent. */
  async close(): Promise<void> {
    this.#lifetime.closed = true;
    const { lifecycles, accessLogs, inventories, restores, remains, deliveries } = this.#lifetime;
    await Promise.all([accessLogs.stop(), inventories.stop(), restores.stop(), remains.stop()]);
    await Promise.all([lifecycles.stop(), ...[...deliveries].map((one) => one.stop())]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  protected override opened(): Engine {
    return this.#open();
  }

  #open(): Engine {
    if (this.#lifetime.closed) {
      throw objectError("FIRN_OBJECTS_CLOSED", "The object store was closed.");
    }
    return this.#engine;
  }
}
