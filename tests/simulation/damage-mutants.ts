import type { ConversationEvent } from "../../shared/conversations/events.ts";
import type { Ports } from "../../shared/protocol/ports.ts";
import { memoryService } from "../support/memory-ports.ts";
import type { Mutant } from "./mutant.ts";

/** Bugs in what is done about damaged blobs, and in how conversations go on from segment to segment. */
export const damageMutants: Readonly<Record<string, Mutant>> = {
  "damage left where it is": {
    firstSeed: 17,
    caughtBy: ["all settled", "damage contained"],
    bend: (ports) => ({ ...ports, quarantine: { moveAside: async () => ({ outcome: "held" }) } }),
  },
  "damage thrown away": {
    firstSeed: 16,
    caughtBy: ["damage contained"],
    service(options) {
      const { blobs, messages } = memoryService(options);
      const write: typeof blobs.write = async (name, content, terms) =>
        name.startsWith("quarantine/") ? { outcome: "written", etag: "" } : blobs.write(name, content, terms);
      return { messages, blobs: { ...blobs, write } };
    },
  },
  "damage kept silent": {
    firstSeed: 16,
    caughtBy: ["damage contained"],
    bend: (ports) => ({
      ...ports,
      events: { record: (event) => (event.name === "storage.quarantined" ? undefined : ports.events.record(event)) },
    }),
  },
  "segment without a seal": {
    caughtBy: ["segments follow"],
    bend: (ports) => onAppend(ports, (events) => (events[0]?.type === "sealed" ? [] : events)),
  },
  "segment begins with nothing": {
    caughtBy: ["segments follow"],
    bend: (ports) =>
      onAppend(ports, (events) =>
        events.map((event) =>
          event.type === "carry_over" ? { ...event, text: undefined, lastFinished: undefined } : event,
        ),
      ),
  },
  "segments never end": {
    caughtBy: ["log bounded"],
    bend: (ports) => ({ ...ports, settings: { ...ports.settings, segmentEvents: Infinity, segmentBytes: Infinity } }),
  },
  "tool result written whole": {
    firstSeed: 16,
    caughtBy: ["log bounded"],
    bend: (ports) =>
      onAppend(ports, (events) =>
        events.map((event) => (event.type === "tool_result" ? { ...event, content: event.content.repeat(3) } : event)),
      ),
  },
};

/** Every block of events that is written is changed first; one that has become empty is not written. */
function onAppend(ports: Ports, change: (events: readonly ConversationEvent[]) => readonly ConversationEvent[]): Ports {
  const { log } = ports;
  return {
    ...ports,
    log: {
      ...log,
      async append(id, segment, position, events) {
        const changed = change(events);
        return changed.length === 0 ? position : log.append(id, segment, position, changed);
      },
    },
  };
}
