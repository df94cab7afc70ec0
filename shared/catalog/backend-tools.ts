import type { Ids } from "../kernel/ids.ts";
import type { Backend } from "./backend.ts";
import { createCreateTicketTool } from "./create-ticket.ts";
import { createGetUserProfileTool } from "./get-user-profile.ts";
import { createListTicketsTool } from "./list-tickets.ts";
import { createListUsersTool } from "./list-users.ts";
import { createQueryDataTool } from "./query-data.ts";
import type { CatalogTool } from "./tool.ts";

/** The tools of the toolset `backend`, behind the others in the catalog; none where there is no backend. */
export const createBackendTools = (backend: Backend | undefined, ids: Ids): readonly CatalogTool[] =>
  backend === undefined
    ? []
    : [
        createGetUserProfileTool(backend),
        createListUsersTool(backend),
        createCreateTicketTool(backend, ids),
        createListTicketsTool(backend),
        createQueryDataTool(backend),
      ];
