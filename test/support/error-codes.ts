import { textFiles } from "./repository.ts";

export interface ErrorCode {
  readonly packageName: string;
  readonly code: string;
  readonly kind: string;
  /** The remark beside the code where it is declared; often none. */
  readonly meaning: string;
}

const kinds = "invalid|notFound|conflict|closed|corruption|unavailable|limit|aborted|internal";

/** The keys of every package's table `code: "kind"`, in the order of packages and tables. */
export function errorCodes(): ErrorCode[] {
  const row = new RegExp(`^\\s+"?([A-Z]\\w+)"?: "(${kinds})",`, "gm");
  return textFiles("packages", /^packages\/[a-z]+\/src\/.*errors?\.ts$/).flatMap((file) => {
    const remarks = new Map(
      [...file.text.matchAll(/^\s+\| "(\w+)";? \/\/ (.*)$/gm)].map((match) => [match[1], match[2]]),
    );
    return [...file.text.matchAll(row)].map((match) => ({
      packageName: file.path.split("/")[1] ?? "",
      code: match[1] ?? "",
      kind: match[2] ?? "",
      meaning: remarks.get(match[1]) ?? "",
    }));
  });
}
