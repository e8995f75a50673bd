import { expect, test } from "vitest";
import { isInSubnet, parseIpAddress, parseSubnet } from "./ip-address.ts";

test.each([
  ["0.0.0.0", 0n],
  ["255.255.255.255", 0xffff_ffffn],
  ["::ffff:1.2.3.4", 0x0102_0304n],
  ["::", 0n],
  ["::1", 1n],
  ["2001:db8::1", 0x2001_0db8_0000_0000_0000_0000_0000_0001n],
  ["64:ff9b::1.2.3.4", 0x0064_ff9b_0000_0000_0000_0000_0102_0304n],
  ["1:2:3:4:5:6:7:8", 0x0001_0002_0003_0004_0005_0006_0007_0008n],
])("%s is read", (text, value) => {
  expect(parseIpAddress(text)?.value).toBe(value);
});

test.each([
  "",
  "1.2.3",
  "1.2.3.256",
  "1.2.3.4.5",
  ":",
  ":::",
  "1::2::3",
  "1:2:3:4:5:6:7",
  "g::",
  "x",
])("%j is no address", (text) => {
  expect(parseIpAddress(text)).toBeUndefined();
});

test.each([
  ["10.1.2.3", "10.0.0.0/8", true],
  ["11.1.2.3", "10.0.0.0/8", false],
  ["11.1.2.3", "0.0.0.0/0", true],
  ["::1", "0.0.0.0/0", false],
  ["2001:db8:1::1", "2001:db8::/32", true],
  ["2001:db9::", "2001:db8::/32", false],
])("%s in %s: %s", (address, network, expected) => {
  const subnet = parseSubnet(network);
  const parsed = parseIpAddress(address);
  expect(subnet && parsed && isInSubnet(parsed, subnet)).toBe(expected);
});

test.each(["10.0.0.0/33", "::/129", "10.0.0.0/8/8", "10.0.0.0/", "/8"])(
  "%s is no subnet",
  (text) => {
    expect(parseSubnet(text)).toBeUndefined();
  },
);
