import { type LocalTime, localDate } from "./local-time.ts";
import type { Plan } from "./plan.ts";

/** Whether a calendar on the wall shows one of the plan's excepted dates. */
export const isExcepted = (plan: Plan, local: LocalTime): boolean =>
  plan.exceptDates.length > 0 && plan.exceptDates.includes(localDate(local));
