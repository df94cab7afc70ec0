import { z } from "zod";
import { type Backend, userView } from "./backend.ts";
import { itemsOutput, moreItems, shownOf, skipInput } from "./backend-page.ts";
import { defineTool, readOnly } from "./tool.ts";
import { words } from "./views.ts";

const defaultLimit = 10;

export const createListUsersTool = (backend: Backend) =>
  defineTool({
    name: "list_users",
    title: "List users",
    description:
      "Lists the users of the backend, page by page. Use it to find the id for get_user_profile or for a ticket's assignee_id.",
    toolset: "backend",
    hints: readOnly,
    example: { limit: 50 },
    input: z.strictObject(skipInput(defaultLimit)),
    output: z.object({ ...words, ...itemsOutput(userView) }),
    async handle({ skip = 0, limit = defaultLimit }, { signal }) {
      const { total, items } = await backend.listUsers({ skip, limit }, signal);
      const names = items.map(({ id, name }) => `${name} (${id})`);
      return {
        summary: `${shownOf("user", total, items.length)}${names.length === 0 ? "" : ` ${names.join(", ")}.`}`,
        next_step: moreItems(
          skip + items.length,
          total,
          items.length,
          "get_user_profile with an id shows more of one.",
        ),
        total,
        items: [...items],
      };
    },
  });
