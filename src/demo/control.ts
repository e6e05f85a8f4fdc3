import { Hono } from "hono";
import { ListenError } from "../runtime/runtime.ts";
import { type DemoUpstream, LOOPBACK } from "./upstreams.ts";

/**
 * The switchboard of the demo: `GET /upstreams` shows them, `POST /upstreams/:name/kill` and `…/revive` change one
 * and answer with its state. 404 for a name there is none of, 409 when its port was taken while it was down.
 */
export function createControl(upstreams: readonly DemoUpstream[]): Hono {
  const app = new Hono();
  app.get("/upstreams", (context) => context.json({ upstreams: upstreams.map(show) }));
  app.post("/upstreams/:name/:action{kill|revive}", async (context) => {
    const { name, action } = context.req.param();
    const upstream = upstreams.find((candidate) => candidate.name === name);
    if (!upstream) return context.json({ error: `There is no upstream "${name}".` }, 404);
    await (action === "kill" ? upstream.kill() : upstream.revive());
    return context.json(show(upstream));
  });
  app.notFound((context) =>
    context.json({ error: "GET /upstreams, POST /upstreams/NAME/kill, POST /upstreams/NAME/revive" }, 404),
  );
  app.onError((error, context) =>
    context.json({ error: error.message }, error instanceof ListenError ? 409 : 500),
  );
  return app;
}

function show({ name, port, state }: DemoUpstream): object {
  return { name, url: `http://${LOOPBACK}:${port}`, state };
}
