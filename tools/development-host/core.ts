import Module from "node:module";
import {
  type Binding,
  type FunctionCallback,
  type FunctionMetadata,
  type Hook,
  type HookName,
  hookNames,
  type Level,
  type ProgrammingModel,
} from "./contract.ts";
import type { Log } from "./log.ts";

export interface RegisteredFunction {
  name: string;
  metadata: FunctionMetadata;
  callback: FunctionCallback;
  /** Name of the binding that triggers the function, and the binding. */
  triggerName: string;
  trigger: Binding;
}

export interface Core {
  /** The functions in the order of their names, which decides between routes that overlap. */
  functions(): RegisteredFunction[];
  programmingModel(): ProgrammingModel;
  runHooks(name: Exclude<HookName, "log">, context: Record<string, unknown>): Promise<void>;
  /** What the app's start and terminate hooks share. */
  hookData: Record<string, unknown>;
  /** Logs what comes from the app or the library; its log hooks may change the level and the text. */
  log(level: Level, category: string, message: string, invocationContext?: unknown): void;
}

// The library asks for a host of at least 4.34 (log hooks) and only tests for what it finds.
const versions = { version: "3.0.0", hostVersion: "4.1037.0" };

/**
 * Provides the module `@azure/functions-core` to the app that is loaded next, and remembers what the app registers.
 *
 * The registrations live in this process's copy of the library: one app per process.
 */
export function installCore(log: Log): Core {
  const functions = new Map<string, RegisteredFunction>();
  const hooks = new Map<string, Set<Hook>>(hookNames.map((name) => [name, new Set()]));
  let model: ProgrammingModel | undefined;

  function logThroughHooks(level: Level, category: string, message: string, invocationContext?: unknown): void {
    const context = { level, category, message, invocationContext, hookData: {} };
    for (const hook of hooks.get("log") ?? []) hook(context);
    log(context.level, context.message);
  }

  answerRequire("@azure/functions-core", {
    ...versions,
    Disposable,
    setProgrammingModel(newModel: ProgrammingModel) {
      model = newModel;
    },
    getProgrammingModel: () => model,
    log: logThroughHooks,
    registerFunction(metadata: FunctionMetadata, callback: FunctionCallback) {
      if (functions.has(metadata.name))
        throw new SystemError(`There are two functions with the name "${metadata.name}".`);
      functions.set(metadata.name, toRegistered(metadata, callback));
      return new Disposable(() => functions.delete(metadata.name));
    },
    registerHook(name: string, hook: Hook) {
      const registered = hooks.get(name);
      if (!registered) throw new SystemRangeError(`This host has no hook "${name}".`);
      registered.add(hook);
      return new Disposable(() => registered.delete(hook));
    },
  });

  return {
    hookData: {},
    log: logThroughHooks,
    functions: () => [...functions.values()].sort((a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1)),
    programmingModel() {
      if (!model) throw new Error("The app registers no functions: it never called the @azure/functions library.");
      return model;
    },
    async runHooks(name, context) {
      for (const hook of hooks.get(name) ?? []) await hook(context);
    },
  };
}

function toRegistered(metadata: FunctionMetadata, callback: FunctionCallback): RegisteredFunction {
  const found = Object.entries(metadata.bindings).find(([, binding]) => /trigger$/i.test(binding.type));
  if (!found) throw new SystemError(`The function "${metadata.name}" has no trigger.`);
  return { name: metadata.name, metadata, callback, triggerName: found[0], trigger: found[1] };
}

function answerRequire(name: string, answer: unknown): void {
  const require = Module.prototype.require;
  Module.prototype.require = Object.assign(function (this: Module, id: string) {
    return id === name ? answer : require.call(this, id);
  }, require);
}

// The library tells the host's refusals from an app's errors by this mark.
class SystemError extends Error {
  isAzureFunctionsSystemError = true;
}

class SystemRangeError extends RangeError {
  isAzureFunctionsSystemError = true;
}

class Disposable {
  #dispose: (() => unknown) | undefined;

  constructor(dispose: () => unknown) {
    this.#dispose = dispose;
  }

  static from(...all: { dispose(): unknown }[]): Disposable {
    return new Disposable(() => {
      for (const one of all) one.dispose();
    });
  }

  dispose(): unknown {
    const dispose = this.#dispose;
    this.#dispose = undefined;
    return dispose?.();
  }
}
