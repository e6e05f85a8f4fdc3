"""LiteLLM, which speaks to each provider in its own form of the API."""

import json
import os
from types import SimpleNamespace

# Else it asks the internet for its price list when it is loaded.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

import litellm  # noqa: E402
import openai  # noqa: E402

from common import KEY, MESSAGES, MODEL, WEATHER, first, trouble  # noqa: E402

# LiteLLM appends /chat/completions to the one and /v1/messages to the other.
BASES = {"openai": "/v1", "anthropic": ""}


def through(provider: str) -> SimpleNamespace:
    def create(target: dict, max_retries: int = 0, **more):
        return litellm.completion(
            model=f"{provider}/{MODEL}",
            api_base=target["origin"] + BASES[provider],
            api_key=KEY,
            messages=MESSAGES,
            extra_headers=target["headers"],
            max_retries=max_retries,
            max_tokens=5000,
            **more,
        )

    def plain(target: dict) -> str:
        return create(target).choices[0].message.content

    def stream(target: dict) -> list:
        texts = [chunk.choices[0].delta.content for chunk in create(target, stream=True)]
        return [text for text in texts if text]

    def tool(target: dict) -> dict:
        tools = [{"type": "function", "function": WEATHER}]
        answer = create(target, tools=tools, tool_choice="required")
        call = answer.choices[0].message.tool_calls[0].function
        return {"name": call.name, "args": json.loads(call.arguments)}

    def abort(target: dict) -> None:
        chunks = create(target, stream=True)
        first(chunk.choices[0].delta.content for chunk in chunks)
        chunks.completion_stream.close()

    def fail(target: dict, retries: int) -> dict:
        # LiteLLM's errors are those of OpenAI's SDK.
        return trouble(lambda: create(target, retries), openai.APIStatusError)

    return SimpleNamespace(plain=plain, stream=stream, tool=tool, abort=abort, fail=fail)
