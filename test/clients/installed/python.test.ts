import { afterAll } from "vitest";
import { startPython } from "../drivers/python.ts";
import { clientContract } from "../suite.ts";

const python = startPython();
afterAll(() => python.close());

const errors = {
  400: "BadRequestError",
  429: "RateLimitError",
  500: "InternalServerError",
  502: "InternalServerError",
};

clientContract("clients from PyPI", [
  python.client("openai", { name: "OpenAI's Python SDK", errors, retries: true }),
  python.client("anthropic", { name: "Anthropic's Python SDK", errors, retries: true }),
  python.client("litellm-openai", {
    name: "LiteLLM with openai/",
    errors: { ...errors, 502: "BadGatewayError" },
    retries: true,
  }),
  // Its max_retries count only where OpenAI's SDK is underneath.
  python.client("litellm-anthropic", {
    name: "LiteLLM with anthropic/",
    errors: { ...errors, 502: "BadGatewayError" },
  }),
]);
