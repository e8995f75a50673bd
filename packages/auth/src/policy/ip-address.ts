/** An address of the Internet as a number of 32 or 128 bits. */
export interface IpAddress {
  readonly bits: 32 | 128;
  readonly value: bigint;
}

/** Reads both families; `::ffff:10.1.2.3`, as sockets write IPv4, is IPv4. */
export function parseIpAddress(text: string): IpAddress | undefined {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(text)?.[1];
  const v4 = parseIpv4(mapped ?? text);
  if (v4 !== undefined) return { bits: 32, value: v4 };
  const v6 = parseIpv6(text);
  return v6 === undefined ? undefined : { bits: 128, value: v6 };
}

export interface Subnet extends IpAddress {
  /** How many of the first bits an address must share. */
  readonly prefix: number;
}

/** `10.0.0.0/8`, `2001:db8::/32`, or a single address. */
export function parseSubnet(text: string): Subnet | undefined {
  const [address = "", prefix, ...rest] = text.split("/");
  const parsed = parseIpAddress(address);
  if (parsed === undefined || rest.length > 0) return undefined;
  if (prefix === undefined) return { ...parsed, prefix: parsed.bits };
  if (!/^\d{1,3}$/.test(prefix) || Number(prefix) > parsed.bits) return undefined;
  return { ...parsed, prefix: Number(prefix) };
}

export function isInSubnet(address: IpAddress, subnet: Subnet): boolean {
  if (address.bits !== subnet.bits) return false;
  const shift = BigInt(subnet.bits - subnet.prefix);
  return address.value >> shift === subnet.value >> shift;
}

function parseIpv4(text: string): bigint | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  let value = 0n;
  for (const part of parts) {
    if (!/^\d{1,3}$/.test(part) || Number(part) > 255) return undefined;
    value = (value << 8n) | BigInt(part);
  }
  return value;
}

const GROUPS = 8;

function parseIpv6(text: string): bigint | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map(parseGroups);
  if (head === undefined) return undefined;
  if (halves.length === 1) return head.length === GROUPS ? joined(head) : undefined;
  if (tail === undefined || head.length + tail.length >= GROUPS) return undefined;
  const zeros = Array.from({ length: GROUPS - head.length - tail.length }, () => 0n);
  return joined([...head, ...zeros, ...tail]);
}

function joined(groups: readonly bigint[]): bigint {
  return groups.reduce((value, group) => (value << 16n) | group, 0n);
}

/** Groups of 16 bits; the last one may be an IPv4 address, which is two. */
function parseGroups(text: string): bigint[] | undefined {
  if (text === "") return [];
  const groups: bigint[] = [];
  const parts = text.split(":");
  for (const [index, part] of parts.entries()) {
    const v4 = index === parts.length - 1 ? parseIpv4(part) : undefined;
    if (v4 !== undefined) groups.push(v4 >> 16n, v4 & 0xffffn);
    else if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(BigInt(`0x${part}`));
    else return undefined;
  }
  return groups;
}
