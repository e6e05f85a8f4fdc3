"""OpenAI's Python SDK."""

from openai import APIStatusError, OpenAI

from common import KEY, MESSAGES, MODEL, ChatForm, first, trouble


def connect(target: dict, max_retries: int = 0) -> OpenAI:
    base_url = f"{target['origin']}/v1"
    return OpenAI(base_url=base_url, api_key=KEY, default_headers=target["headers"], max_retries=max_retries)


def create(target: dict, max_retries: int = 0, **more):
    completions = connect(target, max_retries).chat.completions
    return completions.create(model=MODEL, messages=MESSAGES, **more)


form = ChatForm(create)
plain, stream, tool = form.plain, form.stream, form.tool


def abort(target: dict) -> None:
    with create(target, stream=True) as chunks:
        first(chunk.choices[0].delta.content for chunk in chunks)


def fail(target: dict, retries: int) -> dict:
    return trouble(lambda: create(target, retries), APIStatusError)
