import type { Principal } from "../../shared/access/principal.ts";
import { type Instant, minuteMs, toIso } from "../../shared/kernel/clock.ts";
import { AppError } from "../../shared/kernel/errors.ts";
import type { UpdateRequest } from "../../shared/use-cases/update-schedule.ts";
import type { World } from "../support/world.ts";
import type { Dice } from "../support/world-dice.ts";
import type { Season } from "./calendar.ts";
import type { Ledger } from "./ledger.ts";
import { anyWish, owners } from "./population.ts";

/**
 * What people do to a world: they create schedules, and then change, stop, trigger and delete them, speak in their
 * conversations and delete those, while runs go on.
 */
export function letPeopleAct(
  world: World,
  ledger: Ledger,
  dice: Dice,
  options: { season: Season; schedules: number; slots: number },
) {
  const { below, chance, one } = dice;
  const { start } = options.season;
  let endsAt = 0;
  for (let number = 0; number < options.schedules; number++) {
    const principal = one(...owners);
    const { request, endAt } = anyWish(dice, options.season, number, 1 + below(2 * options.slots));
    endsAt = Math.max(endsAt, endAt);
    const createdAt = anyMoment(start, 3 * minuteMs);
    let id = "";
    persist(world, createdAt, async () => {
      id = (await world.schedule({ ...request, idempotencyKey: `schedule-${number}` }, principal)).id;
    });
    if (!chance(0.4)) continue;
    const span = endAt - start - 2 * minuteMs;
    for (let count = 1 + below(3); count > 0; count--) {
      const act = anyAct(number * 10 + count);
      persist(world, anyMoment(start + 2 * minuteMs, span), async () => (id === "" ? undefined : act(id, principal)));
    }
  }
  return { endsAt };

  /** Half of all things happen at the full minute, when ticks happen too. */
  function anyMoment(from: Instant, span: number): Instant {
    const at = from + below(span);
    return chance(0.5) ? at : Math.ceil(at / minuteMs) * minuteMs;
  }

  function anyAct(number: number): (id: string, principal: Principal) => Promise<unknown> {
    const idempotencyKey = `act-${number}`;
    const change = one<UpdateRequest["change"]>(
      { prompt: "And now?" },
      { timing: { every_minutes: one(1, 2, 7), end_at: toIso(endsAt) } },
      { policies: { overlap: one("skip", "buffer_one", "cancel_other"), maxRuns: 1 + below(10) } },
      { policies: { catchUp: one("one", "all", "none") } },
    );
    let range: ReturnType<typeof pastRange> | undefined;
    let conversationId: string | undefined;
    const chosen = below(1000);
    /** Whoever repeats a call means the same conversation. */
    const conversationOf = (id: string): string | undefined => {
      const runs = [...ledger.runs.values()].filter(({ scheduleId }) => scheduleId === id);
      conversationId ??= runs[chosen % Math.max(1, runs.length)]?.conversationId;
      return conversationId;
    };
    const pauseMs = one(1, 3, 12) * minuteMs;
    return one<(id: string, principal: Principal) => Promise<unknown>>(
      (id, principal) => world.update({ id, change }, principal),
      async (id, principal) => {
        persist(world, world.now() + pauseMs, () => world.update({ id, change: {}, status: "active" }, principal));
        await world.update({ id, change: {}, status: "paused", reason: "holidays" }, principal);
      },
      (id, principal) => world.update({ id, change: {}, status: "paused" }, principal),
      (id, principal) => world.trigger({ scheduleId: id, idempotencyKey }, principal),
      (id, principal) => {
        // Whoever repeats a call repeats it as it was.
        range ??= pastRange(world.now());
        return world.trigger({ scheduleId: id, idempotencyKey, ...range }, principal);
      },
      async (id, principal) => {
        const run = [...ledger.runs.values()].find(({ scheduleId, state }) => scheduleId === id && state !== "ended");
        if (run !== undefined) await world.cancel(`${id}.${run.key}`, principal);
      },
      (id, principal) => world.delete(id, principal),
      async (id, principal) => {
        const conversation = conversationOf(id);
        if (conversation === undefined) return;
        await world.say({ conversationId: conversation, message: "Why?", idempotencyKey }, principal);
      },
      async (_id, principal) => {
        const { head } = await world.say({ message: "Hello", idempotencyKey }, principal);
        const more = { conversationId: head.id, message: "And then?", idempotencyKey };
        persist(world, world.now() + pauseMs, () => world.say(more, principal));
        persist(world, world.now() + pauseMs + below(4 * minuteMs), () => world.forget(head.id, principal));
      },
      async (id, principal) => {
        const conversation = conversationOf(id);
        if (conversation !== undefined) await world.forget(conversation, principal);
      },
    );
  }
}

const pastRange = (now: Instant) => ({ backfillFrom: toIso(now - 5 * minuteMs), backfillTo: toIso(now) });

/** Who got no answer asks again after a minute; who was refused does not. */
function persist(world: World, at: Instant, act: () => Promise<unknown>, attempts = 4): void {
  let isAnswered = false;
  world.at(at, async () => {
    try {
      await act();
      isAnswered = true;
    } catch (thrown) {
      isAnswered = thrown instanceof AppError && thrown.code === "VALIDATION_ERROR";
    }
  });
  if (attempts === 1) return;
  world.at(at + minuteMs, async () => {
    if (!isAnswered) persist(world, world.now(), act, attempts - 1);
  });
}
