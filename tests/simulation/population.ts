import type { Principal } from "../../shared/access/principal.ts";
import { type Instant, minuteMs, secondMs, toIso } from "../../shared/kernel/clock.ts";
import type { ModelFailure } from "../../shared/model/model.ts";
import type { Policies } from "../../shared/schedule/policies.ts";
import type { ScheduleRequest } from "../../shared/use-cases/schedule-conversation.ts";
import type { Dice } from "../support/world-dice.ts";
import type { ModelCall, ModelStep, ToolStep } from "../support/world-engine.ts";
import { type Season, wallText } from "./calendar.ts";
import { secretMark } from "./ledger.ts";

/** Owners whose schedules must know nothing of each other. */
export const owners: readonly [Principal, ...Principal[]] = [
  { owner: "local", name: "local" },
  { owner: "3f9a2c7e", name: "Ada" },
  { owner: "77b0e1d4", name: "Grace" },
];

/** A schedule that somebody creates, and until when it plans slots. */
export interface Wish {
  readonly request: ScheduleRequest;
  readonly endAt: Instant;
}

export function anyWish(dice: Dice, season: Season, number: number, slots: number): Wish {
  const { below, chance, one } = dice;
  const overlap = one("skip", "skip", "buffer_one", "cancel_other", "allow_all");
  const { timing, endAt, everyMinutes } = anyTiming(dice, season, slots);
  const policies: Partial<Policies> = {
    overlap,
    catchUp: one("one", "all", "none"),
    catchUpWindowSeconds: one(10 * 60, 3600, 24 * 3600),
    maxAttempts: one(1, 2, 3),
    timeoutSeconds: one(120, 600, 3600),
    pauseAfterFailures: one(0, 2, 10),
    ...(chance(0.15) && { maxRuns: 1 + below(slots) }),
    // Of answers of 15 tokens, or of 30 015 where the conversation is long.
    ...(chance(0.1) && { maxTokensPerRun: one(30, 40_000) }),
    ...(chance(0.2) && { jitterSeconds: Math.min(everyMinutes * 60 - 1, one(5, 30, 59)) }),
  };
  const conversation = overlap === "allow_all" ? "new" : one("new", "continue");
  // A tool that writes and is named needs no approval.
  const tools = chance(0.4) && { allowedTools: ["look_up", "send"] };
  return {
    request: { name: `Report ${number}`, prompt: "What happened?", timing, conversation, policies, ...tools },
    endAt,
  };
}

function anyTiming(dice: Dice, season: Season, slots: number) {
  const { below, chance, one } = dice;
  const startAt = season.start + (3 + below(8)) * minuteMs;
  if (chance(0.1)) return { timing: { run_at: toIso(startAt) }, endAt: startAt, everyMinutes: 60 };
  const everyMinutes = one(1, 1, 2, 3, 5, 10);
  const endAt = startAt + everyMinutes * (slots - 1) * minuteMs;
  if (season.at !== undefined && chance(0.7)) return aroundChange(dice, season, { startAt, endAt, everyMinutes });
  const bounds = { start_at: toIso(startAt), end_at: toIso(endAt) };
  if (chance(0.7)) return { timing: { every_minutes: everyMinutes, ...bounds }, endAt, everyMinutes };
  const time_zone = one("UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu");
  return { timing: { cron: `*/${everyMinutes} * * * *`, time_zone, ...bounds }, endAt, everyMinutes: 1 };
}

/** A local plan that goes on to both sides of the moment at which local time is not what it seems. */
function aroundChange(
  { below, chance, one }: Dice,
  { zone = "UTC", at = 0 }: Season,
  usual: { startAt: Instant; endAt: Instant; everyMinutes: number },
) {
  const endAt = Math.max(usual.endAt, chance(0.8) ? at + below(100) * minuteMs : 0);
  const hour = Number(wallText(at - minuteMs, zone).slice(11, 13));
  const hours = one("*", "*", `${hour}-${Math.min(23, hour + 2)}`, `0,${hour},${(hour + 1) % 24}`);
  const minutes = one(`*/${usual.everyMinutes}`, `*/${usual.everyMinutes}`, "*/15", "0,30", "5,20,40");
  const dates = [at - minuteMs, at].map((moment) => wallText(moment, zone).slice(0, 10));
  const timing = {
    cron: `${minutes} ${hours} * * *`,
    time_zone: zone,
    start_at: toIso(usual.startAt),
    end_at: toIso(endAt),
    ...(chance(0.7) && { gap: one("skip", "shift") }),
    ...(chance(0.2) && { except_dates: [one(dates[0] ?? "", dates[1] ?? "")] }),
  };
  // Two slots may lie closer than the pattern says, where one is shifted; jitter has to be shorter.
  return { timing, endAt, everyMinutes: 1 };
}

const failures: readonly [ModelFailure, ...ModelFailure[]] = [
  { class: "transient" },
  { class: "throttled", retryAfterMs: 20 * secondMs },
  { class: "content_filter", categories: ["violence"] },
  { class: "auth" },
  { class: "too_long" },
  { class: "invalid" },
];

const mixedTools = ["look_up", "send", "look_up", "look_up", "send"];

/** A model and tools as they are in life: mostly quick, now and then slow, sometimes failing, rarely dead or broken. */
export function anyScript({ chance, one }: Dice) {
  const trouble = one(0, 0.02, 0.1);
  const pace = one([0, 900, 2_000], [0, 2_000, 30_000], [2_000, 30_000, 100_000, 200_000]);
  const talkative = one(0.1, 0.4);
  const told = { troubles: 0 };

  function anyTrouble(): ModelStep {
    told.troubles++;
    if (chance(0.6)) return { fails: one(...failures), takesMs: 500 };
    return one<ModelStep>({ hangs: "until_aborted" }, { hangs: "for_ever" }, { throws: `401 for ${secretMark}` });
  }

  const anyTools = (): ModelStep =>
    chance(0.1)
      ? { tools: ["nothing_to_report"] }
      : {
          tools: one(["look_up"], ["look_up", "look_up"], ["guess"], Array(7).fill("look_up"), mixedTools),
          ...(chance(0.05) && { arguments: '{"half":' }),
        };

  /** A prompt that is long for the run's tokens: the next run of the conversation begins with a summary. */
  const usage = () => (chance(0.05) ? { usage: { promptTokens: 30_000, completionTokens: 15 } } : {});

  return {
    told,
    model({ turn, isSummary }: Pick<ModelCall, "turn" | "isSummary">): ModelStep {
      if (chance(trouble)) return anyTrouble();
      const takesMs = one(0, ...pace);
      if (isSummary) return { text: "All of that.", takesMs };
      if (turn < 3 && chance(talkative)) return { ...anyTools(), takesMs, ...usage() };
      if (chance(0.03)) return one<ModelStep>({ text: "", takesMs }, { text: "no", finishReason: "content_filter" });
      return { text: "Done.", takesMs, ...usage() };
    },
    tool(): ToolStep {
      if (chance(trouble)) {
        told.troubles++;
        return one<ToolStep>({ hangs: "until_aborted" }, { hangs: "for_ever" }, { throws: `GET ?sig=${secretMark}` });
      }
      return { takesMs: one(0, 1_000, 25_000) };
    },
  };
}
