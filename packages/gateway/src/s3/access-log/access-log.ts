import type { ObjectStore } from "@firn/objects";
import { accountOf } from "../account-directory.ts";
import type { AccountDirectory } from "../account-directory.ts";
import type { ServedRequest } from "../../frame/service.ts";
import { siteRequest } from "../website/website-host.ts";
import { accessLine } from "./access-line.ts";

export interface AccessLogOptions {
  readonly objects: ObjectStore;
  readonly accounts: AccountDirectory | undefined;
  readonly websiteDomain: string | undefined;
}

/** Notes requests to buckets that are logged; others cost a look into a set. */
export class AccessLog {
  readonly #options: AccessLogOptions;

  constructor(options: AccessLogOptions) {
    this.#options = options;
  }

  note(request: ServedRequest): void {
    const { objects } = this.#options;
    if (!objects.logsAccess) return;
    const [bucket, key] = this.#named(request);
    if (bucket === "" || !objects.isLogged(bucket)) return;
    // A bucket that is gone by then has no log.
    void this.#write(request, { bucket, key }).catch(() => undefined);
  }

  async #write(
    request: ServedRequest,
    { bucket, key }: { readonly bucket: string; readonly key: string },
  ): Promise<void> {
    const { objects, accounts } = this.#options;
    const { owner } = await objects.getBucketAccess({ bucket });
    const line = accessLine(request, {
      name: bucket,
      owner: accounts === undefined ? owner : accountOf(accounts, owner).canonicalId,
      key,
      timeMs: objects.clock.now(),
    });
    objects.noteAccess({ bucket, line });
  }

  #named({ raw, operation }: ServedRequest): readonly [bucket: string, key: string] {
    if (operation.startsWith("Website")) {
      const site = siteRequest(raw, this.#options.websiteDomain);
      if (site !== undefined) return [site.bucket, site.path.slice(1)];
    }
    const end = raw.path.indexOf("/", 1);
    return end < 0 ? [raw.path.slice(1), ""] : [raw.path.slice(1, end), raw.path.slice(end + 1)];
  }
}
