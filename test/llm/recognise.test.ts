import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../src/llm/json.ts";
import type { Meaning } from "../../src/llm/meaning.ts";
import { recogniseBody, recogniseError } from "../../src/llm/recognise.ts";

type Form = string | JsonObject | readonly JsonObject[];

const openai = (
  message: string,
  type = "invalid_request_error",
  code: string | number | null = null,
): Form => ({
  error: { message, type, param: null, code },
});
const anthropic = (type: string, message: string): Form => ({ type: "error", error: { type, message } });
const google = (code: number, status: string, message: string, reason?: string): Form => ({
  error: {
    code,
    message,
    status,
    ...(reason && { details: [{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason }] }),
  },
});

function recognise(status: number, form: Form) {
  return recogniseBody(
    status,
    new TextEncoder().encode(typeof form === "string" ? form : JSON.stringify(form)),
  );
}

const CONTEXT: readonly (readonly [provider: string, status: number, form: Form])[] = [
  [
    "OpenAI",
    400,
    openai(
      "Your input exceeds the context window of this model.",
      "invalid_request_error",
      "context_length_exceeded",
    ),
  ],
  [
    "OpenAI without a code",
    400,
    openai("Your input exceeds the context window of this model. Please adjust your input and try again."),
  ],
  [
    "OpenAI's limit of an organisation",
    400,
    openai(
      "Input tokens exceed the configured limit of 272000 tokens. Your messages resulted in 509178 tokens.",
    ),
  ],
  [
    "Azure",
    400,
    openai(
      "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
    ),
  ],
  [
    "DeepSeek",
    400,
    openai("This model's maximum context length is 65536 tokens. However, you requested 70000 tokens"),
  ],
  [
    "OpenRouter",
    400,
    {
      error: {
        code: 400,
        message:
          "This endpoint's maximum context length is 8192 tokens. However, you requested about 9000 tokens",
      },
    },
  ],
  [
    "OpenRouter around a provider",
    400,
    {
      error: {
        code: 400,
        message: "Provider returned error",
        metadata: { raw: '{"error":{"message":"x","code":"context_length_exceeded"}}' },
      },
    },
  ],
  [
    "LiteLLM",
    400,
    openai(
      "litellm.ContextWindowExceededError: litellm.BadRequestError: OpenAIException - This model's maximum context length is 8192 tokens.",
      "None",
      "400",
    ),
  ],
  ["Groq", 400, openai("Please reduce the length of the messages or completion.")],
  [
    "vLLM",
    400,
    {
      object: "error",
      message:
        "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens in the messages.",
      type: "BadRequestError",
      code: 400,
    },
  ],
  [
    "vLLM of today",
    400,
    openai(
      "The decoder prompt (length 5000) is longer than the maximum model length of 4096.",
      "BadRequestError",
      400,
    ),
  ],
  [
    "vLLM with max_tokens",
    400,
    openai(
      "'max_tokens' or 'max_completion_tokens' is too large: 5000. This model's maximum context length is 4096 tokens and your request has 7 input tokens.",
      "BadRequestError",
      400,
    ),
  ],
  [
    "SGLang",
    400,
    {
      object: "error",
      message: "The input (5000 tokens) is longer than the model's context length (4096 tokens).",
      type: "BadRequestError",
      code: 400,
    },
  ],
  [
    "SGLang with max_tokens",
    400,
    {
      error: { message: "Requested token count exceeds the model's maximum context length of 4096 tokens." },
    },
  ],
  [
    "SGLang's other limit",
    400,
    openai("Input length (5000 tokens) exceeds the maximum allowed length (4090 tokens)."),
  ],
  [
    "Anthropic",
    400,
    anthropic("invalid_request_error", "prompt is too long: 213462 tokens > 200000 maximum"),
  ],
  [
    "Anthropic with max_tokens",
    400,
    anthropic(
      "invalid_request_error",
      "input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000",
    ),
  ],
  [
    "Gemini",
    400,
    google(
      400,
      "INVALID_ARGUMENT",
      "The input token count (1200293) exceeds the maximum number of tokens allowed (1048576).",
    ),
  ],
  [
    "Gemini in an array",
    400,
    [
      google(
        400,
        "INVALID_ARGUMENT",
        "The input token count exceeds the maximum number of tokens allowed (1048576).",
      ) as JsonObject,
    ],
  ],
  [
    "Vertex",
    400,
    google(
      400,
      "INVALID_ARGUMENT",
      "Unable to submit request because the input token count is 40000 but model only supports up to 32768.",
    ),
  ],
  [
    "TGI",
    422,
    {
      error:
        "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 2048. Given: 2000 `inputs` tokens and 100 `max_new_tokens`",
      error_type: "validation",
    },
  ],
  [
    "TGI's other limit",
    422,
    {
      error: "Input validation error: `inputs` must have less than 1024 tokens. Given: 2000",
      error_type: "validation",
    },
  ],
  [
    "TEI",
    413,
    {
      error: "Input validation error: `inputs` must have less than 512 tokens. Given: 900",
      error_type: "Validation",
    },
  ],
  [
    "xAI",
    400,
    {
      code: "Client specified an invalid argument",
      error: "This model's maximum prompt length is 131072 but the request contains 537812 tokens.",
    },
  ],
  [
    "Moonshot",
    400,
    openai("Invalid request: Your request exceeded model token limit: 262144 (requested: 291351)"),
  ],
  ["Zhipu by its code", 400, { error: { code: "1261", message: "Prompt 超长" } }],
  ["Zhipu by its words", 400, { error: { message: "Prompt超长" } }],
  [
    "DashScope",
    400,
    { code: "InvalidParameter", message: "Range of input length should be [1, 30720]", request_id: "r" },
  ],
  [
    "DashScope's OpenAI format",
    400,
    openai(
      "<400> InternalError.Algo.InvalidParameter: Range of input length should be [1, 129024]",
      "invalid_request_error",
      "invalid_parameter_error",
    ),
  ],
  [
    "watsonx",
    400,
    {
      errors: [
        {
          code: "invalid_input_argument",
          message:
            "Invalid input argument for Model 'ibm/granite': the number of input tokens 5000 cannot exceed the total tokens limit 4096 for this model",
        },
      ],
      trace: "t",
      status_code: 400,
    },
  ],
  [
    "LM Studio",
    400,
    {
      error:
        "Trying to keep the first 5000 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens, which is not enough.",
    },
  ],
  [
    "LM Studio's other form",
    400,
    {
      error: {
        message: "The number of tokens to keep from the initial prompt is greater than the context length.",
      },
    },
  ],
  [
    "TensorRT-LLM",
    400,
    openai(
      "Prompt length (5000) exceeds maximum input length (4096). Set log level to info and check TRTGptModel logs",
      "BadRequestError",
      400,
    ),
  ],
  [
    "Triton around TensorRT-LLM",
    500,
    {
      error:
        "in ensemble 'ensemble', Encountered an error when fetching new request: Prompt length (200) exceeds maximum input length (100)",
    },
  ],
  [
    "llama.cpp",
    400,
    {
      error: {
        code: 400,
        message: "request (5000 tokens) exceeds the available context size (4096 tokens), try increasing it",
        type: "exceed_context_size_error",
        n_prompt_tokens: 5000,
      },
    },
  ],
  [
    "llama.cpp of old",
    500,
    { error: { code: 500, message: "context shift is disabled", type: "server_error" } },
  ],
  [
    "llama.cpp's batch",
    500,
    {
      error: {
        code: 500,
        message:
          "input (900 tokens) is too large to process. increase the physical batch size (current batch size: 512)",
        type: "server_error",
      },
    },
  ],
  ["Ollama", 400, { error: "the input length exceeds the context length" }],
  ["Ollama's prompts", 500, { error: "prompt too long; exceeded max context length by 12 tokens" }],
  ["Bedrock", 400, { message: "Input is too long for requested model." }],
  [
    "Bedrock's validation",
    400,
    {
      __type: "com.amazon.coral.service#ValidationException",
      message: "The model returned the following errors: prompt is too long: 213462 tokens > 200000 maximum",
    },
  ],
  [
    "Bedrock's Titan",
    400,
    {
      message:
        "400 Bad Request: Too many input tokens. Max input tokens: 8192, request input token count: 9000",
    },
  ],
  [
    "Cohere",
    400,
    {
      id: "x",
      message: "too many tokens: total number of tokens in the prompt cannot exceed 4081 - received 5000",
    },
  ],
  [
    "Mistral",
    400,
    {
      object: "error",
      message:
        "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length",
      type: "invalid_request_prompt",
      code: "3051",
    },
  ],
  ["Fireworks", 400, openai("The prompt is too long: 140000, model maximum context length: 131071")],
  ["MiniMax", 400, openai("invalid params, context window exceeds limit (2013)", "bad_request_error")],
  [
    "GitHub Models",
    413,
    {
      error: {
        code: "tokens_limit_reached",
        message: "Request body too large for gpt-4o model. Max size: 8000 tokens.",
      },
    },
  ],
  [
    "Copilot",
    400,
    {
      error: {
        message: "prompt token count of 13000 exceeds the limit of 12288",
        code: "model_max_prompt_tokens_exceeded",
      },
    },
  ],
  ["plain text", 400, "This model's maximum context length is 4096 tokens."],
];

const ACCOUNT: readonly (readonly [provider: string, status: number, form: Form, meaning: Meaning])[] = [
  [
    "OpenAI",
    429,
    openai("You exceeded your current quota", "insufficient_quota", "insufficient_quota"),
    "insufficient_quota",
  ],
  [
    "OpenAI's hard limit",
    400,
    openai("Billing hard limit has been reached", "invalid_request_error", "billing_hard_limit_reached"),
    "insufficient_quota",
  ],
  [
    "OpenAI's inactive account",
    429,
    openai(
      "Your account is not active, please check your billing details on our website.",
      "billing_not_active",
      "billing_not_active",
    ),
    "insufficient_quota",
  ],
  [
    "Anthropic",
    400,
    anthropic(
      "invalid_request_error",
      "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.",
    ),
    "insufficient_quota",
  ],
  [
    "Anthropic's own limit",
    400,
    anthropic(
      "invalid_request_error",
      "You have reached your specified API usage limits. You will regain access on 2026-01-01 at 00:00 UTC.",
    ),
    "insufficient_quota",
  ],
  [
    "Anthropic's billing",
    402,
    anthropic("billing_error", "There is an issue with billing"),
    "insufficient_quota",
  ],
  [
    "DeepSeek",
    402,
    openai("Insufficient Balance", "unknown_error", "invalid_request_error"),
    "insufficient_quota",
  ],
  [
    "OpenRouter",
    402,
    { error: { code: 402, message: "Insufficient credits. Add more using https://openrouter.ai/credits" } },
    "insufficient_quota",
  ],
  [
    "xAI",
    403,
    {
      code: "The caller does not have permission to execute the specified operation",
      error: "Your newly created team doesn't have any credits yet.",
    },
    "insufficient_quota",
  ],
  [
    "Moonshot",
    429,
    openai(
      "Your account is suspended, please check your plan and billing details",
      "exceeded_current_quota_error",
    ),
    "insufficient_quota",
  ],
  [
    "Zhipu",
    429,
    { error: { code: "1113", message: "余额不足或无可用资源包,请充值。" } },
    "insufficient_quota",
  ],
  [
    "DashScope",
    400,
    { code: "Arrearage", message: "Access denied, please make sure your account is in good standing." },
    "insufficient_quota",
  ],
  [
    "Volcengine",
    403,
    {
      error: {
        code: "AccountOverdueError",
        message: "The request failed because your account has an overdue balance.",
        type: "Forbidden",
      },
    },
    "insufficient_quota",
  ],
  [
    "Google",
    403,
    google(403, "PERMISSION_DENIED", "This API method requires billing to be enabled.", "BILLING_DISABLED"),
    "insufficient_quota",
  ],
  [
    "Gemini's key",
    400,
    google(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", "API_KEY_INVALID"),
    "invalid_key",
  ],
  [
    "Gemini's key by its words",
    400,
    google(400, "INVALID_ARGUMENT", "API key expired. Please renew the API key."),
    "invalid_key",
  ],
  [
    "xAI's key",
    400,
    {
      code: "Client specified an invalid argument",
      error: "Incorrect API key provided: xa***yz. You can obtain an API key from https://console.x.ai.",
    },
    "invalid_key",
  ],
  [
    "OpenAI's key",
    401,
    openai("Incorrect API key provided: sk-no.", "invalid_request_error", "invalid_api_key"),
    "invalid_key",
  ],
  [
    "AWS' key",
    403,
    {
      message: "The security token included in the request is invalid.",
      __type: "UnrecognizedClientException",
    },
    "invalid_key",
  ],
  [
    "Anthropic's organisation",
    400,
    anthropic("invalid_request_error", "This organization has been disabled."),
    "invalid_key",
  ],
];

const LOAD: readonly (readonly [provider: string, status: number, form: Form, meaning: Meaning])[] = [
  [
    "OpenAI",
    429,
    openai(
      "Rate limit reached for gpt-4o in organization org-x on tokens per min (TPM): Limit 30000",
      "tokens",
      "rate_limit_exceeded",
    ),
    "rate_limit",
  ],
  [
    "Anthropic",
    429,
    anthropic("rate_limit_error", "This request would exceed your organization's rate limit"),
    "rate_limit",
  ],
  [
    "Gemini, whose words are those of an empty account",
    429,
    google(
      429,
      "RESOURCE_EXHAUSTED",
      "You exceeded your current quota, please check your plan and billing details.",
    ),
    "rate_limit",
  ],
  [
    "Bedrock, whose words are those of a long context",
    429,
    { message: "Too many tokens, please wait before trying again." },
    "rate_limit",
  ],
  ["Zhipu", 429, { error: { code: "1302", message: "您当前使用该API的并发数过高" } }, "rate_limit"],
  [
    "Groq's 413",
    413,
    openai(
      "Request too large for model `llama` on tokens per minute (TPM): Limit 6000, Requested 7000",
      "tokens",
      "rate_limit_exceeded",
    ),
    "rate_limit",
  ],
  ["Anthropic's overload", 529, anthropic("overloaded_error", "Overloaded"), "overloaded"],
  [
    "Gemini's overload",
    503,
    google(503, "UNAVAILABLE", "The model is overloaded. Please try again later."),
    "overloaded",
  ],
  [
    "Moonshot's overload",
    429,
    openai("The engine is currently overloaded, please try again later", "engine_overloaded_error"),
    "overloaded",
  ],
  ["TGI's overload", 429, { error: "Model is overloaded", error_type: "overloaded" }, "overloaded"],
];

const NOTHING: readonly (readonly [what: string, status: number, form: Form])[] = [
  [
    "a validation error that quotes the request",
    422,
    {
      detail: [
        {
          type: "missing",
          loc: ["body", "model"],
          msg: "Field required",
          input: {
            messages: [{ role: "user", content: "This model's maximum context length is 4096 tokens" }],
          },
        },
      ],
    },
  ],
  [
    "the same as text",
    400,
    {
      object: "error",
      message:
        "[{'type': 'missing', 'loc': ('body', 'model'), 'msg': 'Field required', 'input': {'messages': [{'content': 'prompt is too long: 5 tokens'}]}}]",
      type: "BadRequestError",
      code: 400,
    },
  ],
  [
    "a message that quotes the client's text",
    400,
    openai(
      'Invalid value: "This model\'s maximum context length is 4096 tokens". Supported values are: "a".',
    ),
  ],
  [
    "one in single quotes with an apostrophe",
    400,
    openai("Invalid value: 'This model's maximum context length is 4096 tokens'."),
  ],
  [
    "a quotation that is cut off",
    400,
    openai(`Invalid value: "${"x".repeat(900)} maximum context length is 4096 ${"y".repeat(900)}`),
  ],
  [
    "a refusal of content that quotes it",
    400,
    openai(
      "Your request was flagged: maximum context length is 4096",
      "invalid_request_error",
      "content_policy_violation",
    ),
  ],
  [
    "a flagged prompt of Azure's",
    400,
    {
      error: {
        message: "The response was filtered",
        code: "content_filter",
        innererror: { code: "ResponsibleAIPolicyViolation" },
      },
    },
  ],
  ["an option about context", 400, openai("Unknown parameter: 'context_length'.")],
  ["an option's value", 400, openai("num_ctx: the context length must be a positive number")],
  [
    "a limit of the answer's length",
    400,
    openai("max_tokens is too large: 100000. This model supports at most 16384 completion tokens"),
  ],
  [
    "DashScope's limit of the answer's length",
    400,
    { code: "InvalidParameter", message: "Range of max_tokens should be [1, 8192]" },
  ],
  ["a prompt for an image", 400, openai("The prompt is too long for this style")],
  ["too many tokens of another kind", 400, openai("too many tokens in stop sequences")],
  ["a body that is too large", 413, anthropic("request_too_large", "Request exceeds the maximum size")],
  ["nginx's 413", 413, "<html><head><title>413 Request Entity Too Large</title></head></html>"],
  ["a 429 that speaks of context", 429, openai("This model's maximum context length is 4096 tokens")],
  [
    "a 403 about a model",
    403,
    openai("Project does not have access to model `gpt-5`", "invalid_request_error", "model_not_found"),
  ],
  [
    "a 403 about permission",
    403,
    google(403, "PERMISSION_DENIED", "Permission denied on resource project p"),
  ],
  ["a 403 in general words", 403, { error: { message: "not allowed", code: "unauthorized" } }],
  ["a user's balance", 400, openai("The tool call failed: insufficient balance in account 12")],
  ["a user's key", 400, openai("tool `fetch` returned: api key not valid")],
  ["a number that is no code", 400, { code: 1113, message: "no" }],
  ["a 500", 500, openai("The server had an error", "server_error")],
  ["an empty body", 500, ""],
  ["a 400 without an error", 400, { id: "x" }],
];

describe("an error's body means", () => {
  it.each(CONTEXT)("a context that is too long: %s (%i)", (_provider, status, form) => {
    expect(recognise(status, form)).toEqual({
      status: status === 500 ? 400 : status,
      meaning: "context_length",
    });
  });

  it.each(ACCOUNT)("an account or key that can't be used: %s (%i)", (_provider, status, form, meaning) => {
    expect(recognise(status, form)).toEqual({ status, meaning });
  });

  it.each(LOAD)("a limit or an overload: %s (%i)", (_provider, status, form, meaning) => {
    expect(recognise(status, form)).toEqual({ status, meaning });
  });

  it.each(NOTHING)("nothing more than its status: %s (%i)", (_what, status, form) => {
    expect(recognise(status, form)).toEqual({ status, meaning: undefined });
  });
});

describe("an error in a 200", () => {
  it.each<[string, string, JsonObject | undefined, number, Meaning | undefined]>([
    [
      "by a code",
      "",
      openai("no", "invalid_request_error", "context_length_exceeded") as JsonObject,
      400,
      "context_length",
    ],
    [
      "by a sentence alone",
      "",
      { error: "the input length exceeds the context length" },
      400,
      "context_length",
    ],
    [
      "by a number against its sentence",
      "",
      { error: { code: 500, message: "Context size has been exceeded." } },
      400,
      "context_length",
    ],
    [
      "by Responses' event",
      "error",
      { type: "error", code: "context_length_exceeded", message: "m" },
      400,
      "context_length",
    ],
    [
      "by Responses' failure",
      "",
      { type: "response.failed", response: { error: { code: "rate_limit_exceeded" } } },
      429,
      "rate_limit",
    ],
    ["by a failure without an error", "", { type: "response.failed", response: {} }, 500, undefined],
    ["by an empty account", "", { error: { code: "insufficient_quota" } }, 429, "insufficient_quota"],
    [
      "by an empty account's sentence",
      "",
      anthropic(
        "invalid_request_error",
        "Your credit balance is too low to access the Anthropic API.",
      ) as JsonObject,
      400,
      "insufficient_quota",
    ],
    [
      "by an invalid key's sentence",
      "",
      { error: "API key not valid. Please pass a valid API key." },
      401,
      "invalid_key",
    ],
    [
      "by a choice that failed",
      "",
      { choices: [{ delta: { content: "" }, finish_reason: "error" }] },
      500,
      undefined,
    ],
    [
      "by a choice's error",
      "",
      { choices: [{ error: { code: 502, message: "no" }, finish_reason: "error" }] },
      502,
      undefined,
    ],
    [
      "by a choice's own words",
      "",
      { choices: [{ error: { code: 429, message: "Rate limit exceeded" } }] },
      429,
      "rate_limit",
    ],
    ["by a text and a number", "", { error: "Overloaded", code: 529 }, 529, undefined],
    ["by a text and a word", "", { error: "no", error_type: "overloaded" }, 529, "overloaded"],
    ["by a text", "", { error: "out of memory" }, 500, undefined],
    ["by vLLM's object", "", { object: "error", message: "no", code: 400 }, 400, undefined],
    ["by an event without JSON", "error", undefined, 500, undefined],
    ["by DashScope's event", "error", { code: "Throttling.RateQuota", message: "no" }, 429, "rate_limit"],
  ])("%s", (_name, event, value, status, meaning) => {
    expect(recogniseError(event, value)).toEqual({ status, meaning });
  });

  it.each<[string, JsonObject]>([
    ["null", { error: null }],
    ["an empty text", { error: "" }],
    ["a response that begins", { type: "response.created", response: { error: null } }],
    ["a response that goes on", { type: "response.in_progress", response: { error: null } }],
    ["a finished choice", { choices: [{ finish_reason: "stop" }] }],
    ["a choice without an error", { choices: [{ error: null, finish_reason: null }] }],
    ["a text about errors", { choices: [{ delta: { content: "error" } }] }],
  ])("is not %s", (_name, value) => {
    expect(recogniseError("", value)).toBeUndefined();
  });

  it("never throws, and stands for a status", () => {
    fc.assert(
      fc.property(fc.object({ maxDepth: 5 }), fc.nat(3), (value, wraps) => {
        let form: unknown = value;
        for (let i = 0; i < wraps; i += 1)
          form = { error: form, choices: [form], errors: form, message: form };
        const sense = recogniseError("error", form as JsonObject);
        expect(sense?.status).toBeGreaterThanOrEqual(400);
        expect(sense?.status).toBeLessThan(600);
        recogniseBody(400, new TextEncoder().encode(JSON.stringify(form)));
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    ["lists", (depth: number) => "[".repeat(depth) + "]".repeat(depth)],
    ["errors", (depth: number) => `${'{"error":'.repeat(depth)}0${"}".repeat(depth)}`],
  ])("is read without a deep stack where %s are nested", (_name, nested) => {
    const text = nested(7_000);
    expect(recogniseBody(500, new TextEncoder().encode(text)).status).toBe(500);
    expect(recogniseError("error", { detail: JSON.parse(text) })?.status).toBe(500);
  });

  it("is judged in linear time, whatever its message", () => {
    const messages = [
      "error ".repeat(200),
      "'".repeat(1024),
      '"x'.repeat(600),
      "exception: ".repeat(100),
      "1,".repeat(600),
    ];
    for (const message of messages) {
      const begun = performance.now();
      recogniseError("", { error: { message: `${message} maximum context length is ` } });
      expect(performance.now() - begun).toBeLessThan(50);
    }
  });
});
