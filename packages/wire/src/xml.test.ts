import { expect, test } from "vitest";
import { XML_DEPTH_MAX } from "./constants.ts";
import { MalformedError } from "./problem.ts";
import { boolean, integer, list, string, structure, timestamp } from "./shape.ts";
import { readXmlMembers, writeXmlDocument } from "./xml-codec.ts";
import { parseXml } from "./xml-parser.ts";
import { escapeXml } from "./xml-text.ts";

test("elements, attributes, character data and the five entities are read", () => {
  const root = parseXml(
    '<?xml version="1.0"?>\n<a b="1&amp;2"><c>x&lt;<![CDATA[<y>]]></c><c/></a>',
  );
  expect(root.attributes.get("b")).toBe("1&2");
  expect(root.children.map(({ name, text }) => [name, text])).toEqual([
    ["c", "x<<y>"],
    ["c", ""],
  ]);
});

test.each([
  ["not closed", "<a>"],
  ["crossed", "<a><b></a></b>"],
  ["two roots", "<a/><b/>"],
  ["nothing", ""],
  ["text only", "hello"],
  ["a document type", "<!DOCTYPE a><a/>"],
  ["a declared entity", '<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>'],
  ["an unknown entity", "<a>&nope;</a>"],
  ["an external entity", '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>'],
  ["an attribute twice", '<a b="1" b="2"/>'],
  ["too deep", "<a>".repeat(XML_DEPTH_MAX + 1) + "</a>".repeat(XML_DEPTH_MAX + 1)],
])("refused: %s", (_, text) => {
  expect(() => parseXml(text)).toThrow(MalformedError);
});

test("names that objects have of their own are names like any other", () => {
  const root = parseXml("<constructor><__proto__>x</__proto__></constructor>");
  const members = { __proto: string({ name: "__proto__" }) };
  expect(readXmlMembers(members, root, "")).toEqual({ __proto: "x" });
});

const members = {
  Name: string(),
  Count: integer({ name: "count" }),
  Flag: boolean(),
  When: timestamp(),
  Tags: list(structure({ Key: string() }), { item: "Tag" }),
  Items: list(string(), { flat: true, name: "Item" }),
  Grantee: structure(
    { Type: string({ in: "attribute", name: "xsi:type" }), ID: string() },
    { namespace: { prefix: "xsi", uri: "http://www.w3.org/2001/XMLSchema-instance" } },
  ),
};
const value = {
  Name: "a&b",
  Count: 3,
  Flag: false,
  When: Date.UTC(2026, 10, 24, 8, 30),
  Tags: [{ Key: "k1" }, { Key: "k2" }],
  Items: ["x", "y"],
  Grantee: { Type: "CanonicalUser", ID: "1" },
};

test("what is written is read again", () => {
  const text = writeXmlDocument({ root: "Result", members, value, namespace: "urn:x" });
  expect(text).toBe(
    '<?xml version="1.0" encoding="UTF-8"?>\n<Result xmlns="urn:x"><Name>a&amp;b</Name>' +
      "<count>3</count><Flag>false</Flag><When>2026-11-24T08:30:00.000Z</When>" +
      "<Tags><Tag><Key>k1</Key></Tag><Tag><Key>k2</Key></Tag></Tags><Item>x</Item><Item>y</Item>" +
      '<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser">' +
      "<ID>1</ID></Grantee></Result>",
  );
  expect(readXmlMembers(members, parseXml(text), "")).toEqual(value);
});

test("a value of another type is told with its path", () => {
  const read = (): unknown => readXmlMembers(members, parseXml("<r><count>3x</count></r>"), "");
  expect(read).toThrow(
    expect.objectContaining({
      reason: { kind: "type", path: "count", expected: "integer", value: "3x" },
    }),
  );
});

test("characters that XML forbids are written as references", () => {
  expect(escapeXml("a\u0001\r\n\t<\"'>&")).toBe("a&#x1;&#xD;\n\t&lt;&quot;&apos;&gt;&amp;");
});
