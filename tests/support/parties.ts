import { createMcpHandler } from "@modelcontextprotocol/server";
import type { Certificate } from "./certificate.ts";
import { createToolServer, text } from "./tool-server.ts";
import { startWebServer } from "./web-server.ts";

/** Somebody whom the app calls, with everything that the app has sent: address, headers and body of each request. */
export interface Party extends AsyncDisposable {
  readonly url: string;
  readonly sent: readonly string[];
}

/** The name of a vault in Azure, which only the app's process is told to look for on this machine. */
export const vaultHost = "kv-contoso.vault.azure.net";

/** For NODE_OPTIONS of a process that is to find the vault here. */
export const vaultHere = `--import=data:text/javascript,${encodeURIComponent(
  `import dns from "node:dns"; const { lookup } = dns; dns.lookup = (name, ...rest) => lookup(name === "${vaultHost}" ? "127.0.0.1" : name, ...rest);`,
)}`;

/** Any service on a socket of this machine that keeps what it is sent. */
export async function startParty(
  answer: (request: Request, body: string) => Promise<Response> | Response,
  certificate?: Certificate,
): Promise<Party> {
  const sent: string[] = [];
  const server = await startWebServer(
    async (request) => {
      const body = await request.clone().text();
      sent.push([request.method, request.url, JSON.stringify([...request.headers]), body].join("\n"));
      return answer(request, body);
    },
    0,
    certificate,
  );
  const url = certificate === undefined ? `http://127.0.0.1:${server.port}` : `https://${vaultHost}:${server.port}`;
  return { url, sent, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/** Key Vault, as far as its client asks for values. */
export const startVaultParty = (secrets: Readonly<Record<string, string>>, certificate: Certificate): Promise<Party> =>
  startParty(({ url, headers }) => {
    const challenge = `Bearer authorization="https://login.microsoftonline.com/t", resource="https://vault.azure.net"`;
    if (!headers.has("authorization")) {
      return new Response(null, { status: 401, headers: { "www-authenticate": challenge } });
    }
    const name = new URL(url).pathname.split("/")[2] ?? "";
    return Response.json({ value: secrets[name], id: `https://${vaultHost}/secrets/${name}/1`, attributes: {} });
  }, certificate);

/** An MCP server whose tool fails with words that should not be told to anybody. */
export async function startToolParty(failure: string): Promise<Party> {
  const tools = [
    { name: "well", annotations: { readOnlyHint: true }, answer: () => text("All is well.") },
    {
      name: "unwell",
      annotations: { readOnlyHint: true },
      answer: () => {
        throw new Error(failure);
      },
    },
  ];
  const handler = createMcpHandler(() => createToolServer(() => tools), { legacy: "reject" });
  return startParty((request, body) =>
    body.includes('"name":"unwell"') ? new Response(failure, { status: 500 }) : handler.fetch(request),
  );
}

/** A model behind OpenAI's protocol: it wants tools, answers, and refuses from the third call on, quoting the key. */
export function startModelParty(tools: readonly string[]): Promise<Party> {
  let calls = 0;
  return startParty(({ headers }) => {
    calls++;
    const key = headers.get("authorization")?.replace("Bearer ", "") ?? "";
    if (calls > 2) return Response.json({ error: { message: `Wrong key: ${key}`, code: key } }, { status: 401 });
    return Response.json(completion(calls === 1 ? tools : []));
  });
}

function completion(tools: readonly string[]) {
  const calls = tools.map((name, index) => ({
    id: `call_${index}`,
    type: "function",
    function: { name, arguments: "{}" },
  }));
  const wishes = { role: "assistant", content: null, tool_calls: calls };
  const message = tools.length > 0 ? wishes : { role: "assistant", content: "Done." };
  return {
    ...{ id: "chatcmpl-1", object: "chat.completion", created: 0, model: "scripted" },
    choices: [{ index: 0, message, finish_reason: tools.length > 0 ? "tool_calls" : "stop" }],
    usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
  };
}
