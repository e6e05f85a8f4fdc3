import { aiAnthropic, aiOpenAiCompatible } from "./drivers/ai-sdk.ts";
import { anthropic } from "./drivers/anthropic.ts";
import { curl, curlLacks } from "./drivers/curl.ts";
import { langchain } from "./drivers/langchain.ts";
import { ollama } from "./drivers/ollama.ts";
import { openai } from "./drivers/openai.ts";
import { clientContract } from "./suite.ts";

clientContract("clients from npm, and curl", [
  openai,
  anthropic,
  aiOpenAiCompatible,
  aiAnthropic,
  langchain,
  ollama,
  { ...curl, skipHere: curlLacks() },
]);
