"""OpenAI's Python SDK."""

import json

from openai import APIStatusError, OpenAI

from common import KEY, MESSAGES, MODEL, WEATHER, first, trouble


def connect(target: dict, max_retries: int = 0) -> OpenAI:
    base_url = f"{target['origin']}/v1"
    return OpenAI(base_url=base_url, api_key=KEY, default_headers=target["headers"], max_retries=max_retries)


def create(target: dict, max_retries: int = 0, **more):
    completions = connect(target, max_retries).chat.completions
    return completions.create(model=MODEL, messages=MESSAGES, **more)


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
    with create(target, stream=True) as chunks:
        first(chunk.choices[0].delta.content for chunk in chunks)


def fail(target: dict, retries: int) -> dict:
    return trouble(lambda: create(target, retries), APIStatusError)
