import type { Schedule } from "../../shared/schedule/schedule.ts";
import type { Triggered, TriggerRequest } from "../../shared/use-cases/trigger-schedule.ts";
import { minuteIso, type World } from "../support/world.ts";
import { runsIn } from "../support/world-state.ts";

export type Asked = Omit<TriggerRequest, "scheduleId">;

export const everyTen = { timing: { every_minutes: 10, start_at: minuteIso(5), end_at: minuteIso(45) } };

export const trigger = (world: World, { id }: Pick<Schedule, "id">, asked: Asked = {}): Promise<Triggered> =>
  world.trigger({ scheduleId: id, ...asked });

export const startsOf = async (world: World, schedule: Schedule, kind: string) =>
  (await runsIn(world, schedule)).filter((run) => run.kind === kind).map(({ startedAt }) => startedAt);
