import type { AttributeMap } from "../value/attribute-value.ts";
import { StoredItem } from "./stored-item.ts";

/** An item before or after a write; its attributes are parsed when somebody looks at them. */
export class ItemImage {
  readonly stored: StoredItem;
  #attributes: AttributeMap | undefined;

  constructor(stored: StoredItem, attributes?: AttributeMap) {
    this.stored = stored;
    this.#attributes = attributes;
  }

  /** An item that was checked; `bytes` is its size. */
  static of(attributes: AttributeMap, bytes: number): ItemImage {
    return new ItemImage(StoredItem.encode(attributes, bytes), attributes);
  }

  static ofValue(value: Uint8Array): ItemImage {
    return new ItemImage(StoredItem.decode(value));
  }

  /** Not to be modified. */
  get attributes(): AttributeMap {
    this.#attributes ??= this.stored.attributes();
    return this.#attributes;
  }
}
