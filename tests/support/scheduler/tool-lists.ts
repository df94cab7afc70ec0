interface Parameter {
  readonly name: string;
  readonly description: string;
  readonly isRequired: boolean;
  readonly default?: string;
}

interface ListedTool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** Dialect B describes one of them in other words. */
  readonly descriptionInB?: string;
  readonly parameters: readonly Parameter[];
}

const parameter = (name: string, description: string): Parameter => ({ name, description, isRequired: true });

export const tools: readonly ListedTool[] = [
  {
    name: "scheduleConversation",
    title: "Schedule Conversation",
    description: "Schedules a conversation for future delivery",
    descriptionInB: "Schedules a conversation to be delivered at a future time",
    parameters: [
      parameter("conversationText", "The text content to be sent"),
      parameter("scheduledTime", "The time when the conversation should be delivered (ISO 8601 format)"),
      parameter("endpoint", "The endpoint where the conversation should be delivered"),
      {
        name: "method",
        description: "The HTTP method for the delivery (GET, POST, PUT, etc.)",
        isRequired: false,
        default: "POST",
      },
      { name: "additionalInfo", description: "Additional information about the conversation", isRequired: false },
    ],
  },
  {
    name: "getConversationStatus",
    title: "Get Conversation Status",
    description: "Gets the status of a scheduled conversation",
    parameters: [parameter("conversationId", "The ID of the conversation")],
  },
  {
    name: "cancelConversation",
    title: "Cancel Conversation",
    description: "Cancels a scheduled conversation",
    parameters: [parameter("conversationId", "The ID of the conversation to cancel")],
  },
];

/** @param spell how the names of parameters are written */
export const inputSchemaOf = ({ parameters }: ListedTool, spell = (name: string) => name) => ({
  type: "object" as const,
  properties: Object.fromEntries(
    parameters.map(({ name, isRequired: _isRequired, ...rest }) => [spell(name), { type: "string", ...rest }]),
  ),
  required: parameters.filter(({ isRequired }) => isRequired).map(({ name }) => spell(name)),
});

/** `GET /api/mcptools/tools`. */
export const listInA = {
  tools: tools.map((tool) => ({ name: tool.name, description: tool.description, inputSchema: inputSchemaOf(tool) })),
};

/** `GET /mcp/tools`. */
export const listInB = {
  toolChoices: tools.map(({ name, title, description, descriptionInB = description, parameters }) => ({
    toolId: name,
    toolName: title,
    toolDescription: descriptionInB,
    toolParameters: parameters.map((one) => ({
      name: one.name,
      description: one.description,
      type: "string",
      required: one.isRequired,
    })),
  })),
};
