/** On whose behalf and where an engine acts. Names of buckets are global; accounts own them. */
export interface Scope {
  /** 12 digits. */
  readonly accountId: string;
  /** Where new buckets are made, unless the call says otherwise. */
  readonly region: string;
}

export const DEFAULT_SCOPE: Scope = { accountId: "000000000000", region: "us-east-1" };
