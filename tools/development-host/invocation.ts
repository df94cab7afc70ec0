import { randomBytes, randomUUID } from "node:crypto";
import type { CoreInvocationContext, InvocationModel, InvocationResponse, TypedData } from "./contract.ts";
import type { Core, RegisteredFunction } from "./core.ts";
import { describeError, type Log } from "./log.ts";

export interface Invocation {
  /** A new id when it is left out. */
  id?: string;
  /** What the trigger gives to the function. */
  input: TypedData;
  triggerMetadata?: Record<string, TypedData>;
  /** W3C `traceparent` of the caller. */
  traceParent?: string | undefined;
}

interface InvocationResult {
  /** What the function returned, after the hooks. */
  value: unknown;
  /** The same in the form of the function's output bindings. */
  response: InvocationResponse;
}

/** Runs a function once. @throws what the function or one of its hooks threw; it is already logged. */
export type Invoke = (fn: RegisteredFunction, invocation: Invocation) => Promise<InvocationResult>;

export interface Invocations {
  invoke: Invoke;
  /** Resolves when nothing runs any more. */
  idle(): Promise<void>;
}

/** Invokes functions through the library, with hooks and log lines, and knows which are still running. */
export function createInvocations(core: Core, log: Log): Invocations {
  const running = new Set<Promise<unknown>>();
  return {
    async invoke(fn, invocation) {
      const result = invokeAndLog(core, log, fn, invocation);
      running.add(result);
      try {
        return await result;
      } finally {
        running.delete(result);
      }
    },
    async idle() {
      while (running.size > 0) await Promise.allSettled(running);
    },
  };
}

async function invokeAndLog(core: Core, log: Log, fn: RegisteredFunction, invocation: Invocation) {
  const id = invocation.id ?? randomUUID();
  // A tick every few seconds and every request of a client would bury what matters in a terminal.
  const level = fn.trigger.type === "queueTrigger" ? "information" : "debug";
  const started = performance.now();
  const duration = () => `${Math.round(performance.now() - started)} ms`;
  log("debug", `Executing '${fn.name}' (Id=${id})`);
  try {
    const result = await invokeOnce(core, fn, id, invocation);
    log(level, `Executed '${fn.name}' (Succeeded, Id=${id}, Duration=${duration()})`);
    return result;
  } catch (error) {
    log("error", `Executed '${fn.name}' (Failed, Id=${id}, Duration=${duration()}): ${describeError(error)}`);
    throw error;
  }
}

async function invokeOnce(core: Core, fn: RegisteredFunction, id: string, invocation: Invocation) {
  const coreContext = toCoreContext(core, fn, id, invocation);
  const model = core.programmingModel().getInvocationModel(coreContext);
  const { context, inputs } = await model.getArguments();
  const shared = { hookData: {}, invocationContext: context };

  const before = { ...shared, inputs, functionCallback: fn.callback };
  coreContext.state = "preInvocationHooks";
  await core.runHooks("preInvocation", before);

  coreContext.state = "invocation";
  const outcome = await callFunction(model, context, before);

  const after = { ...shared, inputs: before.inputs, ...outcome };
  coreContext.state = "postInvocationHooks";
  await core.runHooks("postInvocation", after);
  delete coreContext.state;

  if (after.error !== undefined) throw after.error;
  return { value: after.result, response: await model.getResponse(context, after.result) };
}

async function callFunction(
  model: InvocationModel,
  context: unknown,
  { inputs, functionCallback }: { inputs: unknown[]; functionCallback: RegisteredFunction["callback"] },
): Promise<{ result: unknown; error: unknown }> {
  try {
    return { result: await model.invokeFunction(context, inputs, functionCallback), error: undefined };
  } catch (error) {
    return { result: undefined, error: error ?? new Error("The function threw nothing.") };
  }
}

function toCoreContext(core: Core, fn: RegisteredFunction, id: string, invocation: Invocation): CoreInvocationContext {
  return {
    invocationId: id,
    metadata: fn.metadata,
    request: {
      invocationId: id,
      inputData: [{ name: fn.triggerName, data: invocation.input }],
      triggerMetadata: invocation.triggerMetadata ?? {},
      traceContext: { traceParent: invocation.traceParent ?? newTraceParent() },
    },
    log: (level, category, message) => core.log(level, category, `${fn.name}: ${message}`),
  };
}

/** https://www.w3.org/TR/trace-context/#traceparent-header */
function newTraceParent(): string {
  return `00-${randomBytes(16).toString("hex")}-${randomBytes(8).toString("hex")}-01`;
}
