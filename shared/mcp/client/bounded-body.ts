/** Watches a body while it is read. */
export interface BodyWatch {
  /** Bytes of the whole body or, of an event stream, of one event. */
  readonly limitBytes: number;
  readonly tooLong: () => Error;
  /** Once, when the body came to its end, was cut off or grew too long. */
  readonly ended?: (stream: { readonly canResume: boolean; readonly cause?: unknown }) => void;
}

/**
 * The response with a body that fails when it grows without end. Nothing is read ahead. An event stream may go on for
 * hours; what counts is how much of it would have to be kept.
 */
export function boundedResponse(response: Response, watch: BodyWatch): Response {
  if (response.body === null) return response;
  const isStream = /^text\/event-stream\b/i.test(response.headers.get("content-type") ?? "");
  const body = watched(response.body, watch, isStream ? createEventMeter() : createTotalMeter());
  const { status, statusText, headers } = response;
  return new Response(body, { status, statusText, headers });
}

interface Meter {
  /** How much is held after this chunk. */
  readonly add: (chunk: Uint8Array) => number;
  /** Whether the events carry ids, so that the reader can ask for the rest after a cut. */
  readonly canResume: () => boolean;
}

function createTotalMeter(): Meter {
  let total = 0;
  return { add: (chunk) => (total += chunk.length), canResume: () => false };
}

const lineFeed = 10;
const carriageReturn = 13;

/** An event ends at an empty line. */
function createEventMeter(): Meter {
  let held = 0;
  let lineLength = 0;
  let lineStart = "";
  let hasIds = false;
  const add = (chunk: Uint8Array): number => {
    for (const byte of chunk) {
      held++;
      if (byte === carriageReturn) continue;
      if (byte !== lineFeed) {
        if (lineLength++ < 3) lineStart += String.fromCharCode(byte);
        continue;
      }
      if (lineLength === 0) held = 0;
      hasIds ||= lineStart === "id:";
      lineLength = 0;
      lineStart = "";
    }
    return held;
  };
  return { add, canResume: () => hasIds };
}

function watched(body: ReadableStream<Uint8Array>, watch: BodyWatch, meter: Meter): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  const end = (cause?: unknown): void => watch.ended?.({ canResume: meter.canResume(), cause });
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (done) {
            controller.close();
            return end();
          }
          if (meter.add(value) > watch.limitBytes) throw watch.tooLong();
          controller.enqueue(value);
        } catch (cause) {
          controller.error(cause);
          end(cause);
          await reader.cancel().catch(() => undefined);
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
