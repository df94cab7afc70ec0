import type { RunningScheduler } from "./service.ts";

/** Speaks with a Scheduler by hand, so that a test sees every byte of its answers. */
export interface SchedulerCaller {
  ask(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Heard>;
  /** A tool of dialect A. */
  execute(name: string, given: object): Promise<Heard>;
  /** Arms one and answers its id. */
  arm(endpoint: string, other?: object): Promise<string>;
  statusOf(id: string): Promise<unknown>;
}

export interface Heard {
  readonly status: number;
  readonly type: string | null;
  readonly headers: Headers;
  readonly text: string;
  /** The body, or undefined when it is empty. */
  readonly json: Readonly<Record<string, unknown>> | undefined;
}

/** @param at when what it arms is due */
export async function callScheduler({ url, apiKey }: RunningScheduler, at: string): Promise<SchedulerCaller> {
  let bearer = "";
  const ask: SchedulerCaller["ask"] = async (method, path, body, headers) => {
    const content = body === undefined ? {} : { "content-type": "application/json" };
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { ...content, authorization: bearer, ...headers },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
      redirect: "manual",
    });
    const text = await response.text();
    const json = text === "" ? undefined : (JSON.parse(text) as Heard["json"]);
    return {
      status: response.status,
      type: response.headers.get("content-type"),
      headers: response.headers,
      text,
      json,
    };
  };
  const given = await ask("POST", "/api/auth/token", { clientId: "anybody", apiKey });
  bearer = `Bearer ${given.json?.token}`;
  const execute: SchedulerCaller["execute"] = (name, args) =>
    ask("POST", "/api/mcptools/execute", { name, arguments: args });
  return {
    ask,
    execute,
    async arm(endpoint, other) {
      const armed = { conversationText: "{}", scheduledTime: at, endpoint, ...other };
      return String((await execute("scheduleConversation", armed)).json?.result);
    },
    statusOf: async (conversationId) => (await execute("getConversationStatus", { conversationId })).json?.result,
  };
}
