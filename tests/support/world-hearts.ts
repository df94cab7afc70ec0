import type { Heartbeat } from "../../shared/alarm/heartbeat.ts";
import type { Ports } from "../../shared/protocol/ports.ts";
import { createKeepTicking } from "../../shared/use-cases/keep-ticking.ts";
import { currentProcess, type Process } from "./world-processes.ts";

interface Heart {
  readonly ticks: ReturnType<typeof createKeepTicking>;
  readonly users: Set<Process>;
}

/** The two hearts of the tick on each machine of a world: what one has noted in memory is lost when it dies at it. */
export function createHearts(ports: Ports, heartbeat: Heartbeat) {
  const hearts = new Map<number, Heart>();

  function heartOn(machine: number): Heart {
    const known = hearts.get(machine);
    if (known !== undefined && [...known.users].every(({ state }) => state !== "dead")) return known;
    const heart = { ticks: createKeepTicking(ports, heartbeat), users: new Set<Process>() };
    hearts.set(machine, heart);
    return heart;
  }

  async function use<T>(beat: (ticks: Heart["ticks"]) => Promise<T>): Promise<T> {
    const process = currentProcess();
    const { ticks, users } = heartOn(process?.machine ?? 0);
    if (process !== undefined) users.add(process);
    try {
      return await beat(ticks);
    } finally {
      if (process !== undefined) users.delete(process);
    }
  }

  return {
    dispatchDue: () => use(({ dispatchDue }) => dispatchDue()),
    keepTicking: () => use(({ keepTicking }) => keepTicking()),
  };
}
