type Body = ConstructorParameters<typeof Response>[0];

export const never = () => new Promise<never>(() => {});
export const html = () => new Response("<html>", { headers: { "content-type": "text/html" } });
export const json = (body: Body) => new Response(body, { headers: { "content-type": "application/json" } });
export const events = (body: Body) => new Response(body, { headers: { "content-type": "text/event-stream" } });
/** The real ones would keep the test waiting for a minute, and for megabytes. */
export const limitsFor = (what: string) => ({
  limits: {
    messageBytes: 256 * 1024,
    ...(/never|nothing at all/.test(what) ? { openMs: 2000, waitMs: 700, callMs: 700 } : {}),
  },
});
