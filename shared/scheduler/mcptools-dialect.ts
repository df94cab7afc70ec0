import { z } from "zod";
import { type Dialect, hasAllTools } from "./dialect.ts";
import { SchedulerFailure, unusable } from "./scheduler-failure.ts";
import { type Reply, type Send, said } from "./send.ts";
import type { SignIn } from "./sign-in.ts";

const listSchema = z.object({ tools: z.array(z.object({ name: z.string() })) });
const resultSchema = z.object({ result: z.unknown() });
const errorSchema = z.object({ error: z.string() });

/** Asks for the list of the tools under /api/mcptools; undefined when there is none. */
export async function findMcpTools(send: Send, signIn: SignIn, signal: AbortSignal): Promise<Dialect | undefined> {
  const reply = await send({ method: "GET", path: "api/mcptools/tools" }, signal);
  if (reply.status === 403) throw signIn.refused(reply.status, reply.text);
  const list = reply.status === 200 ? listSchema.safeParse(reply.json).data : undefined;
  if (list === undefined || !hasAllTools(list.tools.map(({ name }) => name))) return undefined;
  return {
    name: "mcptools",
    isOpen: () => true,
    async call(name, input, { signal: callSignal, headers }) {
      const body = { name, arguments: input };
      return answerOf(await send({ method: "POST", path: "api/mcptools/execute", body, headers }, callSignal), signIn);
    },
    close: async () => {},
  };
}

function answerOf({ status, json, text }: Reply, signIn: SignIn): Awaited<ReturnType<Dialect["call"]>> {
  if (status === 200) {
    const { data } = resultSchema.safeParse(json);
    if (data === undefined) throw unusable("an answer that is none", said(status, text));
    return { kind: "result", value: data.result };
  }
  if (status === 403) throw signIn.refused(status, text);
  if (status === 404) throw new SchedulerFailure("gone", goneWords, { status, cause: said(status, text) });
  // What an action refuses has {"error"}; what does not fit the request itself is a problem document.
  if (status === 400)
    return { kind: "refused", words: errorSchema.safeParse(json).data?.error ?? said(status, text).message };
  throw unusable(`an answer that is none (HTTP ${status})`, said(status, text));
}

const goneWords = "The external Scheduler does not have its tools at /api/mcptools any more. Check SCHEDULER_URL.";
