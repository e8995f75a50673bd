/** What a server allows its clients; every number has its reason where it is chosen. */
export interface HttpLimits {
  /** Request line and headers, in bytes; longer ones are answered 431. */
  readonly headBytesMax: number;
  /** Header lines; more are answered 431. */
  readonly headersMax: number;
  /** Time for a request's line and headers to arrive once they have begun, in ms. */
  readonly headMs: number;
  /** How long a connection may wait for its next request, in ms; told to the client. */
  readonly keepAliveMs: number;
  /** A connection on which nothing moves is closed after this, in ms. */
  readonly idleMs: number;
  /** How often connections are looked through for slow heads and idle ones, in ms. */
  readonly sweepMs: number;
  /**
   * Bytes that a client may send ahead of the answer that it waits for; beyond it the connection is
   * closed.
   */
  readonly aheadBytesMax: number;
  /** Bytes of a body that nobody reads yet; then the socket is paused. */
  readonly unreadBytesMax: number;
  /** What is read of a body that nobody wanted, so that the client sees its answer, in bytes. */
  readonly discardBytesMax: number;
  /** Open connections; further ones are refused. */
  readonly connectionsMax: number;
}
