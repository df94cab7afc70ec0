import { z } from "zod";
import { type Backend, detailsView, userView } from "./backend.ts";
import { defineTool, readOnly } from "./tool.ts";
import { words } from "./views.ts";

export const createGetUserProfileTool = (backend: Backend) =>
  defineTool({
    name: "get_user_profile",
    title: "Get a user's profile",
    description:
      "Returns one user of the backend: name, mail address and since when the account exists; with include_details what else is known. Use it to say who an assignee_id is. list_users shows the ids.",
    toolset: "backend",
    hints: readOnly,
    example: { user_id: "user-1", include_details: true },
    input: z.strictObject({
      user_id: z.string().min(1).max(200).describe("Id of the user, from list_users or a ticket's assignee_id."),
      include_details: z.boolean().optional().describe("true adds all further details. Default false."),
    }),
    output: z.object({
      ...words,
      ...userView.shape,
      details: detailsView.optional().describe("Whatever the backend knows beside that; only when it was asked for."),
    }),
    async handle({ user_id, include_details = false }, { signal }) {
      const user = await backend.readUser(user_id, include_details, signal);
      return {
        summary: `${user.name} <${user.email}>, user ${user.id}.`,
        next_step: include_details ? "Answer from the profile." : "include_details: true shows more, if it is needed.",
        ...user,
      };
    },
  });
