/** What the suite asks of a client (see client.ts), by a page that has nothing but fetch. */

const QUESTION = "What is the weather in Paris?";

const WEATHER = {
  name: "get_weather",
  description: "The weather in a city",
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};

function ask({ origin, headers }, more, signal) {
  const messages = [{ role: "user", content: QUESTION }];
  return fetch(`${origin}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: "Bearer test-key", "content-type": "application/json", ...headers },
    body: JSON.stringify({ model: "gpt-4o", messages, ...more }),
    ...(signal && { signal }),
  });
}

/** An EventSource can't POST: its events are read from the body. */
async function* textsOf(response) {
  let rest = "";
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    const events = (rest + text).split("\n\n");
    rest = events.pop();
    for (const event of events) {
      if (!event.startsWith("data: {")) continue;
      const content = JSON.parse(event.slice("data: ".length)).choices[0]?.delta.content;
      if (content) yield content;
    }
  }
}

globalThis.client = {
  async plain(target) {
    const { choices } = await (await ask(target)).json();
    return choices[0].message.content;
  },

  async stream(target) {
    const texts = [];
    for await (const text of textsOf(await ask(target, { stream: true }))) texts.push(text);
    return texts;
  },

  async tool(target) {
    const more = { tools: [{ type: "function", function: WEATHER }], tool_choice: "required" };
    const { choices } = await (await ask(target, more)).json();
    const call = choices[0].message.tool_calls[0].function;
    return { name: call.name, args: JSON.parse(call.arguments) };
  },

  async abort(target) {
    const leaving = new AbortController();
    const { value } = await textsOf(await ask(target, { stream: true }, leaving.signal)).next();
    leaving.abort();
    if (!value) throw new Error("the stream ended without a text");
  },

  async fail(target) {
    const response = await ask(target);
    const { error } = await response.json();
    return { type: `HTTP ${response.status}`, status: response.status, message: error.message };
  },

  /** Resolves with the fields of an answer that the page may read, or with the error of a fetch that was blocked. */
  fields: (target) =>
    ask(target).then(
      ({ headers }) => Object.fromEntries(headers),
      (error) => `${error}`,
    ),
};
