import { failure, json, problem } from "./answers.ts";
import { type Bound, bind, type Shape } from "./binding.ts";
import { asText } from "./json-members.ts";
import type { Service } from "./service.ts";
import { Refused, toolCalls } from "./tool-calls.ts";

export interface Call {
  readonly service: Service;
  readonly url: URL;
  readonly contentType: string;
  readonly body: string;
  /** The last part of the path, where a route has one that varies. */
  readonly id: string;
}

/** An action with a JSON body, behind everything that the framework refuses by itself. */
export const withBody =
  (shape: Shape, act: (value: Bound, call: Call) => Response | Promise<Response>) =>
  async (call: Call): Promise<Response> => {
    if (!/^application\/(json|[\w.]+\+json)\b/i.test(call.contentType)) return problem(415);
    const bound = bind(call.body, shape);
    return "errors" in bound ? problem(400, bound.errors) : act(bound.value, call);
  };

const controllers = "McpScheduler.Api.Controllers";

/** `POST /api/auth/token`: any client id will do. */
export const giveToken = withBody(
  {
    type: `${controllers}.AuthController+TokenRequest`,
    fields: [
      { name: "clientId", kind: "string", isRequired: true },
      { name: "apiKey", kind: "string", isRequired: true },
    ],
  },
  async ({ clientId, apiKey }, { service }) =>
    clientId === "" || apiKey !== service.apiKey ? problem(401) : json(await service.tokens.issue(String(clientId))),
);

/** `POST /api/auth/validate`. */
export const validateToken = withBody(
  {
    type: `${controllers}.AuthController+ValidateRequest`,
    fields: [{ name: "token", kind: "string", isRequired: true }],
  },
  async ({ token }, { service }) => {
    const clientId = (await service.tokens.ownerOf(String(token))) ?? null;
    return json({ isValid: clientId !== null, clientId });
  },
);

/** `POST /api/mcptools/execute`: the names of tools in any case, those of arguments exactly. */
export const executeInA = withBody(
  {
    type: `${controllers}.McpToolExecutionRequest`,
    fields: [
      { name: "name", kind: "string" },
      { name: "arguments", kind: "map" },
    ],
  },
  ({ name = "", arguments: given }, { service }) => {
    const tool = Object.keys(toolCalls).find((known) => known.toLowerCase() === String(name).toLowerCase());
    if (tool === undefined) return failure(`Unknown tool: ${name}`);
    if (!(given instanceof Map)) return failure(`Arguments are required for ${tool}`);
    const texts = [...given].map(([key, raw]) => [key, asText(raw)] as const);
    return answering(() => json({ result: toolCalls[tool]?.(service, Object.fromEntries(texts)) }));
  },
);

/** `POST /mcp/execute`: it never finds the parameters that it was given. */
export const executeInB = withBody(
  {
    type: `${controllers}.McpToolRequest`,
    fields: [
      { name: "toolId", kind: "string", isRequired: true },
      { name: "toolParameters", kind: "map", isRequired: true },
    ],
  },
  ({ toolId }) => {
    if (toolId === "scheduleConversation") return failure("Missing required parameters");
    const isKnown = toolId === "getConversationStatus" || toolId === "cancelConversation";
    return failure(isKnown ? "Missing conversationId parameter" : `Unknown tool ID: ${toolId}`);
  },
);

/** Turns what an action refuses into its answer. */
function answering(act: () => Response): Response {
  try {
    return act();
  } catch (error) {
    if (error instanceof Refused) return failure(error.message);
    throw error;
  }
}
