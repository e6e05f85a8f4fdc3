"""LiteLLM, which speaks to each provider in its own form of the API."""

import os
from types import SimpleNamespace

# Else it asks the internet for its price list when it is loaded.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

import litellm  # noqa: E402
import openai  # noqa: E402

from common import KEY, MESSAGES, MODEL, ChatForm, first, trouble  # noqa: E402

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

    def abort(target: dict) -> None:
        chunks = create(target, stream=True)
        first(chunk.choices[0].delta.content for chunk in chunks)
        chunks.completion_stream.close()

    def fail(target: dict, retries: int) -> dict:
        # LiteLLM's errors are those of OpenAI's SDK.
        return trouble(lambda: create(target, retries), openai.APIStatusError)

    form = ChatForm(create)
    return SimpleNamespace(plain=form.plain, stream=form.stream, tool=form.tool, abort=abort, fail=fail)
