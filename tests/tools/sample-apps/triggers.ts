import { setTimeout as sleep } from "node:timers/promises";
import { app } from "@azure/functions";
import * as z from "zod";

// A timer, a queue and its poison queue, which print what they do. Settings: SAMPLE_SCHEDULE, SAMPLE_QUEUE.

const message = z.object({ id: z.string(), fails: z.boolean().default(false), waits: z.boolean().default(false) });

const stopping = Promise.withResolvers<void>();

app.hook.appTerminate(() => {
  console.log("terminate");
  stopping.resolve();
});

let ticks = 0;
app.timer("tick", {
  schedule: "%SAMPLE_SCHEDULE%",
  runOnStartup: process.env.SAMPLE_RUN_ON_STARTUP === "1",
  handler: async (timer) => {
    const tick = ++ticks;
    console.log(`tick ${tick} begins pastDue=${timer.isPastDue} at ${Date.now()}`);
    // Longer than the interval of a second that the tests use.
    await sleep(Number(process.env.SAMPLE_TICK_MS ?? 1300));
    console.log(`tick ${tick} ends`);
    if (tick === 1) throw new Error("the first tick fails");
  },
});

app.storageQueue("work", {
  queueName: "%SAMPLE_QUEUE%",
  connection: "AzureWebJobsStorage",
  handler: async (input, context) => {
    const { id, fails, waits } = message.parse(input);
    console.log(`work ${id} attempt ${context.triggerMetadata?.dequeueCount} at ${Date.now()}`);
    if (fails) throw new Error(`${id} fails`);
    if (waits) {
      await stopping.promise;
      console.log(`work ${id} stops at its safe point`);
    }
  },
});

app.storageQueue("poison", {
  queueName: "%SAMPLE_QUEUE%-poison",
  connection: "AzureWebJobsStorage",
  handler: (input) => {
    console.log(`poison ${message.parse(input).id}`);
  },
});
