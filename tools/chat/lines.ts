import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { ReadStream } from "node:tty";

/** What a person types or a program pipes in. */
export interface Lines {
  /**
   * The next message: a line, or all lines of a paste. Undefined when there will be no more.
   * @param isFresh leaves out what was typed before the question was there; piped lines never count as typed before
   */
  ask(question: string, isFresh?: boolean): Promise<string | undefined>;
  close(): void;
}

export interface LineStreams {
  readonly input: Readable & Partial<Pick<ReadStream, "isTTY">>;
  readonly output: Writable;
  /** Ctrl-C, and Ctrl-D or the end of a terminal. Piped input ends by itself, when its last line was asked for. */
  readonly onLeave: () => void;
}

/** Terminals mark what is pasted when they are asked to, so that its lines are one message. */
const askForPasteMarks = "\u001b[?2004h";
const noPasteMarks = "\u001b[?2004l";

export function readLines({ input, output, onLeave }: LineStreams): Lines {
  const isTerminal = input.isTTY === true;
  const reader = createInterface({ input, output, terminal: isTerminal });
  const queue: string[] = [];
  let pasted: string[] = [];
  let isPasting = false;
  let isOver = false;
  let wake: (() => void) | undefined;

  const push = (line: string) => {
    queue.push(line);
    wake?.();
  };
  reader.on("line", (line) => {
    if (isPasting) {
      pasted.push(line);
      return;
    }
    push([...pasted, line].join("\n"));
    pasted = [];
  });
  // Also at Ctrl-C and Ctrl-D.
  reader.on("close", () => {
    isOver = true;
    wake?.();
    if (isTerminal) onLeave();
  });
  if (isTerminal) {
    output.write(askForPasteMarks);
    input.on("keypress", (_, key?: { name?: string }) => {
      if (key?.name === "paste-start") isPasting = true;
      if (key?.name === "paste-end") isPasting = false;
    });
  }

  return {
    async ask(question, isFresh = false) {
      if (isFresh && isTerminal) queue.length = 0;
      if (isTerminal) {
        reader.setPrompt(question);
        reader.prompt(true);
      } else output.write(question);
      while (queue.length === 0 && !isOver) await new Promise<void>((resolve) => (wake = resolve));
      const message = queue.shift();
      // A terminal shows what is typed; a pipe does not, and its output should read like a conversation.
      if (!isTerminal) output.write(`${message ?? ""}\n`);
      return message;
    },
    close() {
      if (isTerminal) output.write(noPasteMarks);
      reader.removeAllListeners("close").close();
    },
  };
}
