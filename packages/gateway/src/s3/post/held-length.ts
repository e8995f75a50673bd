import type { ContentLengthRange } from "@firn/auth";
import { ServiceError } from "@firn/wire";

/** The same bytes, held to the length that a policy allows: an error where they are not. */
export async function* heldLength(
  body: AsyncIterable<Uint8Array>,
  { min, max }: ContentLengthRange,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > max) {
      const members = { ProposedSize: bytes, MaxSizeAllowed: max };
      const text = "Your proposed upload exceeds the maximum allowed size";
      throw new ServiceError("EntityTooLarge", 400, text, { members });
    }
    yield chunk;
  }
  if (bytes >= min) return;
  const members = { ProposedSize: bytes, MinSizeAllowed: min };
  const text = "Your proposed upload is smaller than the minimum allowed size";
  throw new ServiceError("EntityTooSmall", 400, text, { members });
}
