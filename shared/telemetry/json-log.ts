import type { AppEvent, EventLevel, Events } from "../kernel/events.ts";
import { toLogText } from "./log-text.ts";

type Surroundings = Readonly<Record<string, unknown>>;

const severity: Record<EventLevel, number> = { debug: 0, info: 1, warning: 2, error: 3 };

/**
 * Events as JSON, one object a line: timestamp, level, logger, message, then the event's own fields. The cause of a
 * failure stands here and nowhere else.
 * @param surroundings what each line of this moment carries: the ids of its trace, whose run it belongs to
 * @param write gets one line without its end; a line that it cannot write is lost
 */
export function createJsonLog(
  minimum: EventLevel,
  write: (line: string, level: EventLevel) => void,
  now: () => number,
  surroundings: () => Surroundings = () => ({}),
): Events {
  return {
    record(event) {
      if (severity[event.level] < severity[minimum]) return;
      try {
        write(JSON.stringify(toLine(event, now(), surroundings())), event.level);
      } catch {
        // A closed pipe, a full disk: nobody is left to tell, and what was to be told about goes on.
      }
    },
  };
}

/** A field that is named like one of the first four does not replace it; what the event itself says is nearer. */
function toLine({ level, name, message, fields, cause }: AppEvent, now: number, surroundings: Surroundings) {
  const first = { timestamp: new Date(now).toISOString(), level, logger: name, message };
  return {
    ...first,
    ...surroundings,
    ...fields,
    ...first,
    ...(cause === undefined ? {} : { cause: toLogText(cause) }),
  };
}
