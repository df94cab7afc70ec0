import type { Instant } from "../kernel/clock.ts";
import { invalid } from "../kernel/errors.ts";
import { changePlan } from "./change-plan.ts";
import { checkJitter } from "./jitter.ts";
import type { Notify } from "./notify.ts";
import { defaultPolicies, type Policies } from "./policies.ts";
import { readPlan, type TimingInput, type TimingLimits } from "./read-timing.ts";
import type { Definition } from "./schedule.ts";

/** What a caller asks for. */
export interface DefinitionRequest {
  readonly name: string;
  readonly prompt: string;
  readonly timing: TimingInput;
  readonly conversation?: "new" | "continue" | undefined;
  readonly policies?: Partial<Policies> | undefined;
  readonly allowedTools?: readonly string[] | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly model?: string | undefined;
  readonly notify?: Notify | undefined;
  /** Whether it may be used is not known here. */
  readonly notifyUrl?: string | undefined;
}

/** Optional values that a change can take away, in the words of the tool's input: there null means "left out". */
export const clearableFields = [
  "start_at",
  "end_at",
  "except_dates",
  "max_runs",
  "max_tokens_per_month",
  "allowed_tools",
  "tags",
  "model",
  "notify_url",
] as const;
type ClearableField = (typeof clearableFields)[number];

/** What is left out stays as it is. */
export type DefinitionChange = {
  readonly [Field in keyof DefinitionRequest]?: DefinitionRequest[Field] | undefined;
} & { readonly clear?: readonly ClearableField[] | undefined };

/** The definition of a new schedule, or a VALIDATION_ERROR. Whether its tools exist is not known here. */
export function define(request: DefinitionRequest, now: Instant, limits: TimingLimits): Definition {
  checkPrompt(request.prompt);
  const { name, prompt, timing, conversation = "new", tags = [] } = request;
  const plan = readPlan(timing, now, limits);
  const policies = { ...defaultPolicies, ...request.policies };
  checkJitter(plan, policies.jitterSeconds, now);
  return checked({ name, prompt, plan, conversation, policies, tags: [...tags], ...optional(request) });
}

/** The definition after a change, under the same rules. Policies change one by one. */
export function redefine(before: Definition, change: DefinitionChange, now: Instant, limits: TimingLimits): Definition {
  const { name = before.name, prompt = before.prompt, conversation = before.conversation, timing = {} } = change;
  const { clear = [], tags = before.tags, allowedTools = before.allowedTools } = change;
  const { model = before.model, notify = before.notify, notifyUrl = before.notifyUrl } = change;
  const keeps = (field: ClearableField): boolean => !clear.includes(field);
  checkClear(change, clear);
  if (prompt !== before.prompt) checkPrompt(prompt);
  const clearedTimes = (["start_at", "end_at", "except_dates"] as const).filter((field) => !keeps(field));
  const plan = changePlan(before.plan, timing, clearedTimes, now, limits);
  const policies = changePolicies(before.policies, change.policies ?? {}, keeps);
  const { jitterSeconds } = policies;
  if (plan !== before.plan || jitterSeconds !== before.policies.jitterSeconds) checkJitter(plan, jitterSeconds, now);
  return checked({
    name,
    prompt,
    plan,
    conversation,
    policies,
    tags: keeps("tags") ? [...tags] : [],
    ...optional({
      allowedTools: keeps("allowed_tools") ? allowedTools : undefined,
      model: keeps("model") ? model : undefined,
      notify,
      notifyUrl: keeps("notify_url") ? notifyUrl : undefined,
    }),
  });
}

function changePolicies(
  { maxRuns, maxTokensPerMonth, ...others }: Policies,
  change: Partial<Policies>,
  keeps: (field: ClearableField) => boolean,
): Policies {
  return {
    ...others,
    ...(keeps("max_runs") && maxRuns !== undefined ? { maxRuns } : {}),
    ...(keeps("max_tokens_per_month") && maxTokensPerMonth !== undefined ? { maxTokensPerMonth } : {}),
    ...change,
  };
}

type Optional = "allowedTools" | "model" | "notify" | "notifyUrl";

function optional({ allowedTools, model, notify, notifyUrl }: Pick<DefinitionRequest, Optional>) {
  return {
    ...(allowedTools === undefined ? {} : { allowedTools: [...allowedTools] }),
    ...(model === undefined ? {} : { model }),
    ...(notify === undefined ? {} : { notify }),
    ...(notifyUrl === undefined ? {} : { notifyUrl }),
  };
}

function checkClear({ timing = {}, policies = {}, ...change }: DefinitionChange, clear: readonly ClearableField[]) {
  const given: Record<ClearableField, unknown> = {
    start_at: timing.start_at,
    end_at: timing.end_at,
    except_dates: timing.except_dates,
    max_runs: policies.maxRuns,
    max_tokens_per_month: policies.maxTokensPerMonth,
    allowed_tools: change.allowedTools,
    tags: change.tags,
    model: change.model,
    notify_url: change.notifyUrl,
  };
  const both = clear.find((field) => given[field] !== undefined);
  if (both === undefined) return;
  throw invalid(`clear names ${both}, and ${both} is given a new value too. Do one of the two.`, { field: "clear" });
}

/** Bytes of UTF-8. A longer text is a document, and belongs where a tool can read it. */
const maximumPromptBytes = 64 * 1024;

function checkPrompt(prompt: string): void {
  if (prompt.trim() === "") {
    throw invalid("prompt is empty. Say what the conversation is to do.", { field: "prompt" });
  }
  const bytes = Buffer.byteLength(prompt);
  if (bytes > maximumPromptBytes) {
    throw invalid(
      `prompt has ${bytes} bytes, ${maximumPromptBytes} are allowed. Put long material where a tool can read it and refer to it.`,
      { field: "prompt" },
    );
  }
}

function checked(definition: Definition): Definition {
  if (definition.conversation === "continue" && definition.policies.overlap === "allow_all") {
    throw invalid(
      "overlap allow_all cannot be combined with conversation continue: two runs would write one log. Use conversation new, or another overlap.",
      { field: "policies.overlap" },
    );
  }
  return definition;
}
