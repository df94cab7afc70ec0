import { createServer } from "node:http";
import { json } from "node:stream/consumers";
import { z } from "zod";

const requestSchema = z.object({
  messages: z.array(
    z.object({
      role: z.string(),
      content: z.string().nullish(),
      tool_calls: z.array(z.object({ id: z.string() })).optional(),
      tool_call_id: z.string().optional(),
    }),
  ),
});

export type ModelCall = z.output<typeof requestSchema>;

interface ScriptedCall {
  tool: string;
  arguments: string;
}

/** What the model says: an answer, tool calls, or nothing ever. */
export type ScriptedReply = { text: string } | ScriptedCall | { calls: readonly ScriptedCall[] } | "hang";

export interface ScriptedOpenAi {
  /** For OPENAI_BASE_URL. */
  readonly url: string;
  readonly calls: ModelCall[];
  close(): Promise<void>;
}

/** A stand-in for a model behind OpenAI's protocol, which the real client talks to: says what the script says. */
export async function startScriptedOpenAi(
  script: (call: ModelCall, number: number) => ScriptedReply | Promise<ScriptedReply>,
): Promise<ScriptedOpenAi> {
  const calls: ModelCall[] = [];
  const server = createServer(async (request, response) => {
    const body: unknown = await json(request).catch(() => undefined);
    // The caller died while it was asking.
    if (body === undefined) return response.destroy();
    const call = requestSchema.parse(body);
    calls.push(call);
    const number = calls.length;
    const reply = await script(call, number);
    if (reply === "hang") return;
    response.setHeader("content-type", "application/json").end(JSON.stringify(completion(reply, number)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    url: `http://127.0.0.1:${address.port}/v1`,
    calls,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function completion(reply: Exclude<ScriptedReply, "hang">, number: number) {
  const message =
    "text" in reply
      ? { role: "assistant", content: reply.text }
      : {
          role: "assistant",
          content: null,
          tool_calls: ("calls" in reply ? reply.calls : [reply]).map((call, index) => ({
            id: `call_${number}_${index}`,
            type: "function",
            function: { name: call.tool, arguments: call.arguments },
          })),
        };
  return {
    id: `chatcmpl-${number}`,
    object: "chat.completion",
    created: 0,
    model: "scripted",
    choices: [{ index: 0, message, finish_reason: "text" in reply ? "stop" : "tool_calls" }],
    usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
  };
}
