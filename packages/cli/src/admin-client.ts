import aws4 from "aws4";
import { CommandError } from "./command-error.ts";

/** A running server, and root's key to it. */
export interface AdminTarget {
  /** `http://127.0.0.1:4566`. */
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Reads the target from the lines that `firn serve` prints. @throws CommandError (2). */
export function adminTarget(
  environment: Readonly<Record<string, string | undefined>>,
  endpoint: string | undefined,
): AdminTarget {
  const accessKeyId = environment["AWS_ACCESS_KEY_ID"];
  const secretAccessKey = environment["AWS_SECRET_ACCESS_KEY"];
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    throw new CommandError(
      2,
      "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to root's, as `firn serve` printed them.",
    );
  }
  const at = endpoint ?? environment["AWS_ENDPOINT_URL"] ?? "http://127.0.0.1:4566";
  if (!URL.canParse(at)) throw new CommandError(2, `--endpoint must be a URL, not "${at}".`);
  return { endpoint: at, accessKeyId, secretAccessKey };
}

/** Calls one of the server's own endpoints, signed. @throws CommandError (1, 3). */
export async function callAdmin(
  target: AdminTarget,
  path: string,
  body?: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  const url = new URL(path, target.endpoint);
  const method = body === undefined ? "GET" : "POST";
  const text = body === undefined ? undefined : JSON.stringify(body);
  const signed = aws4.sign(
    {
      host: url.host,
      path: url.pathname,
      method,
      service: "firn",
      region: "us-east-1",
      ...(text === undefined ? {} : { body: text }),
    },
    { accessKeyId: target.accessKeyId, secretAccessKey: target.secretAccessKey },
  );
  const headers = new Headers();
  for (const [name, value] of Object.entries(signed.headers ?? {})) {
    // Both follow from the URL and the body, and fetch refuses to be told.
    if (!/^(host|content-length)$/i.test(name)) headers.set(name, String(value));
  }
  const response = await fetch(url, { method, headers, body: text ?? null }).catch(() => {
    throw new CommandError(3, `No Firn server answers on ${target.endpoint}.`);
  });
  return readAnswer(response);
}

async function readAnswer(response: Response): Promise<unknown> {
  const answer = (await response.json()) as Readonly<Record<string, unknown>>;
  if (response.ok) return answer;
  throw new CommandError(1, `The server refused: ${String(answer["message"])}`);
}
