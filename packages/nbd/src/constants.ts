/** Limits of the server, with unit and reason. */

/** Payload of one request, in bytes; advertised. */
export const PAYLOAD_BYTES_MAX: number = 32 * 1024 * 1024;
/** Advertised: smaller requests work, and read the rest of a block first. */
export const BLOCK_BYTES_PREFERRED = 4096;
/** Data of one option: the protocol's names have 4096 bytes, and a few may come with one option. */
export const OPTION_BYTES_MAX: number = 64 * 1024;
/** Options of one handshake: clients use about five. */
export const OPTIONS_MAX = 64;
/** A handshake takes two round trips; a socket that takes longer is nobody's. */
export const HANDSHAKE_MS_MAX = 30_000;
/** From the last request of a connection to the end of its socket. */
export const LEAVE_MS_MAX = 5_000;
/** Connections at a time: a client with several per volume, and many volumes. */
export const CONNECTIONS_MAX = 64;
/** Requests of one connection under way at a time; then its socket is not read. */
export const REQUESTS_MAX = 128;
/** Payload and reply bytes of one connection in memory; then its socket is not read. */
export const CONNECTION_BYTES_MAX: number = 2 * PAYLOAD_BYTES_MAX;
/** The same for all connections together; each may still have one request under way. */
export const HELD_BYTES_MAX: number = 256 * 1024 * 1024;
/** Names in one answer to a list. */
export const LISTED_MAX = 10_000;
/** Extents in one answer about allocation: 8 bytes each. */
export const EXTENTS_MAX = 4096;
/** Contexts that one connection chooses at a time: each costs a walk for every block status. */
export const CONTEXTS_MAX = 8;
/** Contexts in one answer to a list. */
export const CONTEXTS_LISTED_MAX = 100;
/**
 * Payloads that are still arriving, of all connections: 64 clients that each send most of 32 MiB
 * and stop would take 2 GiB otherwise.
 */
export const PAYLOADS_BYTES_MAX: number = 4 * PAYLOAD_BYTES_MAX;
/** Smaller payloads need no room of their own: all connections together have 64 MiB of them. */
export const PAYLOAD_BYTES_SMALL: number = 1024 * 1024;
/** A client that has such room and sends nothing for this long is broken off. */
export const PAYLOAD_MS_MAX = 30_000;
/** Bytes that are read ahead of a handshake step: the largest option, and the next one's head. */
export const HANDSHAKE_BYTES_MAX: number = 2 * OPTION_BYTES_MAX;
/** A write's payload up to this is gathered in memory that its connection uses again. */
export const GATHERED_BYTES_MAX: number = 256 * 1024;
/** Memory that replies are made in: three of 128 KiB, the longest that block layers like. */
export const SLAB_BYTES: number = 512 * 1024;
/** Larger replies have memory of their own: writing them alone costs little beside their bytes. */
export const SLAB_REPLY_BYTES_MAX: number = 160 * 1024;
/** Slabs that a connection keeps for later beside the one in use. */
export const OUTBOX_SLABS_MAX = 2;
/** Replies are given to the socket when so many bytes of them are there, within a turn too. */
export const OUTBOX_BYTES_MAX: number = 128 * 1024;
