"""Anthropic's Python SDK."""

from anthropic import Anthropic, APIStatusError

from common import KEY, MESSAGES, MODEL, WEATHER, first, trouble

REQUEST = {"model": MODEL, "max_tokens": 5000, "messages": MESSAGES}


def messages(target: dict, max_retries: int = 0):
    client = Anthropic(
        base_url=target["origin"], api_key=KEY, default_headers=target["headers"], max_retries=max_retries
    )
    return client.messages


def plain(target: dict) -> str:
    return messages(target).create(**REQUEST).content[0].text


def stream(target: dict) -> list:
    with messages(target).stream(**REQUEST) as chunks:
        return [text for text in chunks.text_stream if text]


def tool(target: dict) -> dict:
    tools = [
        {
            "name": WEATHER["name"],
            "description": WEATHER["description"],
            "input_schema": WEATHER["parameters"],
        }
    ]
    with messages(target).stream(**REQUEST, tools=tools, tool_choice={"type": "any"}) as chunks:
        call = next(part for part in chunks.get_final_message().content if part.type == "tool_use")
    return {"name": call.name, "args": call.input}


def abort(target: dict) -> None:
    with messages(target).stream(**REQUEST) as chunks:
        first(chunks.text_stream)


def fail(target: dict, retries: int) -> dict:
    return trouble(lambda: messages(target, retries).create(**REQUEST), APIStatusError)
