import { WholeBody } from "../body/whole-body.ts";
import { wholeBytes } from "../body/whole-body.ts";
import type { Engine } from "../engine.ts";
import { getObjectAttributes } from "../get-object-attributes.ts";
import { getObject, headObject } from "../get-object.ts";
import { listObjectVersions } from "../list-object-versions.ts";
import { listObjects, listObjectsV2 } from "../list-objects.ts";
import { PagedList } from "../listing/paged-list.ts";
import type * as objects from "../object-types.ts";
import { getObjectTagging } from "../object-tagging.ts";
import type * as tagging from "../tag-types.ts";
import type * as versions from "../version-types.ts";
import { pastEngine } from "./past-engine.ts";
import type { PastRequest } from "./rewind-types.ts";
import { pastMoment } from "./rewind-window.ts";

type InBucket<T> = Omit<T, "bucket" | "expectedBucketOwner">;

/**
 * A bucket as of one moment, to be read: as the calls of the same names do now. Each call may throw
 * FIRN_HISTORY_GONE when the window has moved past the moment meanwhile.
 */
export class PastBucket {
  /** As of this moment. */
  readonly time: Date;
  readonly #engine: Engine;
  readonly #request: PastRequest;
  readonly #lsn: number;

  /** @throws FIRN_BUCKET_REWIND_OFF, FIRN_BUCKET_REWIND_TIME. */
  static async open(engine: Engine, request: PastRequest): Promise<PastBucket> {
    const { lsn } = await pastMoment(engine, request);
    return new PastBucket(engine, request, lsn);
  }

  private constructor(engine: Engine, request: PastRequest, lsn: number) {
    this.#engine = engine;
    this.#request = request;
    this.#lsn = lsn;
    this.time = request.time;
  }

  async headObject(
    request: InBucket<objects.HeadObjectRequest>,
  ): Promise<objects.HeadObjectResult> {
    return await this.#read((engine) => headObject(engine, this.#of(request)));
  }

  /** Holds the bytes of then until the body has ended, or is given up. */
  async getObject(request: InBucket<objects.GetObjectRequest>): Promise<objects.GetObjectResult> {
    const view = this.#engine.store.viewAt(this.#lsn);
    try {
      const found = await getObject(pastEngine(this.#engine, view), this.#of(request));
      const bytes = wholeBytes(found.body);
      if (bytes === undefined) return { ...found, body: closing(found.body, () => view.close()) };
      view.close();
      return { ...found, body: new WholeBody(bytes) };
    } catch (error) {
      view.close();
      throw error;
    }
  }

  async getObjectAttributes(
    request: InBucket<objects.GetObjectAttributesRequest>,
  ): Promise<objects.GetObjectAttributesResult> {
    return await this.#read((engine) => getObjectAttributes(engine, this.#of(request)));
  }

  async getObjectTagging(
    request: InBucket<tagging.ObjectTaggingRequest>,
  ): Promise<tagging.ObjectTagging> {
    return await this.#read((engine) => getObjectTagging(engine, this.#of(request)));
  }

  listObjectsV2(
    request: InBucket<objects.ListObjectsV2Request> = {},
  ): PagedList<objects.ListedObject, objects.ObjectsPageV2> {
    return this.#pages((engine) => listObjectsV2(engine, this.#of(request)));
  }

  listObjects(
    request: InBucket<objects.ListObjectsRequest> = {},
  ): PagedList<objects.ListedObject, objects.ObjectsPageV1> {
    return this.#pages((engine) => listObjects(engine, this.#of(request)));
  }

  listObjectVersions(
    request: InBucket<versions.ListObjectVersionsRequest> = {},
  ): PagedList<versions.ListedVersion, versions.VersionsPage> {
    return this.#pages((engine) => listObjectVersions(engine, this.#of(request)));
  }

  #of<T extends object>(request: T): T & Pick<PastRequest, "bucket" | "expectedBucketOwner"> {
    const { bucket, expectedBucketOwner } = this.#request;
    return { ...request, bucket, expectedBucketOwner };
  }

  async #read<T>(read: (engine: Engine) => Promise<T>): Promise<T> {
    const view = this.#engine.store.viewAt(this.#lsn);
    try {
      return await read(pastEngine(this.#engine, view));
    } finally {
      view.close();
    }
  }

  /** Pages may be asked for an hour apart: each has a view of its own. */
  #pages<Item, Page>(list: (engine: Engine) => PagedList<Item, Page>): PagedList<Item, Page> {
    const source = (engine: Engine) => list(engine).source;
    const atRest = source(this.#engine);
    return new PagedList({
      first: () => this.#read((engine) => source(engine).first()),
      behind: (page) => this.#read((engine) => source(engine).behind(page)),
      items: (page) => atRest.items(page),
    });
  }
}

async function* closing(
  body: AsyncIterable<Uint8Array>,
  close: () => void,
): AsyncGenerator<Uint8Array, void> {
  try {
    yield* body;
  } finally {
    close();
  }
}
