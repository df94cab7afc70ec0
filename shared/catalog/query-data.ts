import { z } from "zod";
import { counted } from "../kernel/counted.ts";
import type { Backend } from "./backend.ts";
import { defineTool, readOnly } from "./tool.ts";
import { words } from "./views.ts";

const defaultLimit = 100;

const filterValue = z.union([z.string().max(500), z.number(), z.boolean()], {
  error: "text, a number, true or false is expected",
});

export const createQueryDataTool = (backend: Backend) =>
  defineTool({
    name: "query_data",
    title: "Query a dataset",
    description:
      "Returns rows of a dataset of the backend, all or those whose columns have the values in filters. Use it for figures and lists that are no tickets and no users. Ask the person for the dataset's name when it is not known.",
    toolset: "backend",
    hints: readOnly,
    example: { dataset: "incidents", filters: { state: "open" }, limit: 20 },
    input: z.strictObject({
      dataset: z
        .string()
        .regex(
          /^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/,
          "a name of letters, digits, hyphens, dots and underscores is expected",
        )
        .describe("Name of the dataset, such as incidents."),
      filters: z
        .object({})
        .catchall(filterValue)
        .optional()
        .describe("Column names with the value that each must have; all of them must fit."),
      limit: z.int().min(1).max(1000).optional().describe(`Rows to return. Default ${defaultLimit}.`),
    }),
    output: z.object({
      ...words,
      dataset: z.string(),
      rows: z.int().min(0).max(1000).describe("How many rows there are in data."),
      data: z.array(z.record(z.string(), z.unknown())),
    }),
    async handle({ dataset, filters = {}, limit = defaultLimit }, { signal }) {
      const data = await backend.query(dataset, filters, limit, signal);
      const isCut = data.length === limit;
      return {
        summary: `${counted(data.length, "row")} of ${dataset}${isCut ? ", which is the limit" : ""}.`,
        next_step: isCut
          ? "There may be more: call again with more filters or a larger limit."
          : "Answer from these rows.",
        dataset,
        rows: data.length,
        data: [...data],
      };
    },
  });
