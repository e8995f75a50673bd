import { boolean } from "@firn/wire";
import type { Shape } from "@firn/wire";

/** The answer of actions that have nothing to tell. */
export const doneMembers: { readonly Return: Shape<boolean, false> } = {
  Return: boolean({ name: "return" }),
};

export const done: { readonly Return: boolean } = { Return: true };
