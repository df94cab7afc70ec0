import type { Ports } from "../../shared/protocol/ports.ts";
import { sameMarker } from "../../shared/schedule/gate.ts";
import type { Schedule } from "../../shared/schedule/schedule.ts";
import { memoryService } from "../support/memory-ports.ts";
import { type Mutant, onReplace, type Replace } from "./mutant.ts";

/** Bugs in how storage, messages and clocks are used. */
export const storageMutants: Readonly<Record<string, Mutant>> = {
  "foreign marker deleted at once": {
    caughtBy: ["index whole"],
    bend: (ports) => ({
      ...ports,
      markers: {
        ...ports.markers,
        async list(shard, until) {
          const listed = await ports.markers.list(shard, until);
          for (const marker of listed) {
            const schedule = await ports.schedules.read(marker.scheduleId);
            if (schedule === undefined || !sameMarker(schedule.value.marker, marker))
              await ports.markers.remove(marker.scheduleId, marker);
          }
          return listed;
        },
      },
    }),
  },
  "marker after the swap": {
    caughtBy: ["index whole"],
    bend(ports) {
      const late = new Map<string, Parameters<Ports["markers"]["create"]>[1]>();
      const straight = onReplace(ports, async (schedule, version, replace) => {
        const written = await replace(schedule, version);
        const marker = late.get(schedule.id);
        if (marker !== undefined) await ports.markers.create(schedule.id, marker);
        return written;
      });
      return { ...straight, markers: { ...ports.markers, create: async (id, marker) => late.set(id, marker).has(id) } };
    },
  },
  "no version: the last writer wins": {
    caughtBy: ["max_runs", "I3 cursor covers", "I2 one commit", "one live run", "all settled"],
    bend: (ports) => onReplace(ports, (schedule, _version, replace) => overwrite(ports, schedule, replace)),
  },
  "lease ignored": {
    caughtBy: ["I4 no extra calls", "log well formed", "done once"],
    bend: (ports) => ({
      ...ports,
      log: {
        ...ports.log,
        async acquire(id, holder) {
          const answer = await ports.log.acquire(id, holder);
          return answer === "busy" ? "held" : answer;
        },
        renew: async () => true,
      },
    }),
  },
  "append without position": {
    firstSeed: 18,
    caughtBy: ["log well formed", "done once"],
    bend: (ports) => ({
      ...ports,
      log: {
        ...ports.log,
        async append(id, segment, _position, events) {
          const current = await ports.log.readSegment(id, segment);
          return ports.log.append(id, segment, current?.position ?? 0, events);
        },
      },
    }),
  },
  "own write not recognised": {
    firstSeed: 12,
    caughtBy: ["I4 no extra calls"],
    service(options) {
      const { blobs, messages } = memoryService(options);
      const write: typeof blobs.write = (name, content, { metadata: _token, ...rest }) =>
        blobs.write(name, content, rest);
      return { messages, blobs: { ...blobs, write, readRange: async () => new Uint8Array() } };
    },
  },
  "jitter from the clock": {
    caughtBy: ["I5 on time"],
    bend: (ports) => ({
      ...ports,
      queue: {
        enqueue: (message, delayMs) =>
          ports.queue.enqueue(message, delayMs === 0 ? 0 : delayMs + (ports.clock.now() % 7) * 60_000),
      },
    }),
  },
  "worker's own clock": {
    caughtBy: ["not early", "I5 on time", "catch-up policy"],
    bend: (ports, { localNow }) => ({ ...ports, clock: { ...ports.clock, now: localNow } }),
  },
  "outcome written over": {
    caughtBy: ["I2 one commit"],
    bend: (ports) => ({
      ...ports,
      runs: {
        ...ports.runs,
        async replace(run, version) {
          const written = await ports.runs.replace(run, version);
          const current = written === undefined ? await ports.runs.read(run) : undefined;
          return current === undefined ? written : ports.runs.replace(run, current.version);
        },
      },
    }),
  },
  "end not entered into history": {
    caughtBy: ["history once"],
    bend: (ports) => ({ ...ports, runs: { ...ports.runs, recordEnd: async () => undefined } }),
  },
  "no spare message": {
    firstSeed: 15,
    caughtBy: ["I5 on time"],
    bend: (ports) => ({
      ...ports,
      queue: {
        enqueue: async (message, delayMs) => (delayMs === 90_000 ? undefined : ports.queue.enqueue(message, delayMs)),
      },
    }),
  },
};

async function overwrite({ schedules }: Ports, schedule: Schedule, replace: Replace): ReturnType<Replace> {
  for (;;) {
    const current = await schedules.read(schedule.id);
    if (current === undefined) return undefined;
    const written = await replace(schedule, current.version);
    if (written !== undefined) return written;
  }
}
