import { app } from "@azure/functions";

// HTTP in both modes; SAMPLE_STREAMING chooses. `release` ends what waits, so that no test has to guess a time.

app.setup({ enableHttpStream: process.env.SAMPLE_STREAMING === "1" });

const release = Promise.withResolvers<void>();
const breakNow = Promise.withResolvers<void>();

app.http("echo", {
  route: "echo/{name}/{tail?}",
  methods: ["POST"],
  handler: async (request) => ({
    status: 201,
    headers: { "x-sample": "yes" },
    jsonBody: {
      url: request.url,
      params: request.params,
      query: request.query.get("q"),
      header: request.headers.get("x-from"),
      body: await request.text(),
    },
  }),
});

app.http("files", { route: "files/{*rest}", handler: async (request) => ({ jsonBody: request.params }) });

app.http("throws", {
  handler: () => {
    throw new Error("the handler's own words");
  },
});

app.http("nothing", { handler: () => undefined as never });

app.http("secured", { authLevel: "function", handler: () => ({ body: "secret" }) });

app.http("mcp", { methods: ["GET", "POST"], handler: () => ({ body: "mcp" }) });

// Names, not the order of registration, decide which of two fitting routes answers.
app.http("z-exact", { route: "overlap/exact", handler: () => ({ body: "z-exact" }) });
app.http("a-any", { route: "overlap/{any}", handler: () => ({ body: "a-any" }) });

app.http("release", {
  methods: ["POST"],
  handler: () => {
    release.resolve();
    return { status: 202 };
  },
});

app.http("events", {
  handler: () => ({
    headers: { "content-type": "text/event-stream" },
    body: events(),
  }),
});

app.http("break-now", {
  methods: ["POST"],
  handler: () => {
    breakNow.resolve();
    return { status: 202 };
  },
});

app.http("breaks", {
  handler: () => ({ body: breakingBody() }),
});

app.http("slow", {
  handler: async () => {
    console.log("slow begins");
    await release.promise;
    console.log("slow ends");
    return { body: "slow" };
  },
});

async function* events() {
  yield Buffer.from("data: one\n\n");
  await release.promise;
  yield Buffer.from("data: two\n\n");
  console.log("events end");
}

async function* breakingBody() {
  yield Buffer.from("begun");
  await breakNow.promise;
  throw new Error("the body broke");
}
