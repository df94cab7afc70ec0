import { readAtMost } from "../../kernel/read-at-most.ts";
import { refusal } from "./refusal.ts";

/** 4 MiB: far above any prompt that schedule_conversation takes, and what both SDKs use as their own limit. */
const maximumBodyBytes = 4 * 1024 * 1024;

/** The parsed JSON body, or the refusal: 413 for one that is too large, 400 with -32700 for one that is no JSON. */
export async function readBody(request: Request): Promise<{ readonly json: unknown } | Response> {
  if (Number(request.headers.get("content-length") ?? 0) > maximumBodyBytes) return tooLarge();
  const body = await readAtMost(request.body, maximumBodyBytes);
  if (body === undefined) return tooLarge();
  try {
    return { json: JSON.parse(body.toString("utf8")) };
  } catch {
    return refusal(400, -32700, "Parse error: the body is not JSON. Send one JSON-RPC message.");
  }
}

const tooLarge = (): Response =>
  refusal(413, -32000, `The body is larger than ${maximumBodyBytes} bytes. Send less at a time.`);
