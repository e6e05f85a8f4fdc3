"""What the suite asks of each client: see client.ts."""

import json

MODEL = "gpt-4o"
KEY = "test-key"
MESSAGES = [{"role": "user", "content": "What is the weather in Paris?"}]
WEATHER = {
    "name": "get_weather",
    "description": "The weather in a city",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


def trouble(call, errors) -> dict:
    """Makes a call that must fail with one of `errors`, and tells how it did."""
    try:
        call()
    except errors as error:
        return {"type": type(error).__name__, "status": error.status_code, "message": str(error)}
    raise AssertionError("expected an error")


def first(texts) -> None:
    for text in texts:
        if text:
            return
    raise AssertionError("the stream ended without a text")


class ChatForm:
    """What OpenAI's form of an answer holds. `create(target, **more)` asks for one."""

    def __init__(self, create) -> None:
        self.create = create

    def plain(self, target: dict) -> str:
        return self.create(target).choices[0].message.content

    def stream(self, target: dict) -> list:
        texts = [chunk.choices[0].delta.content for chunk in self.create(target, stream=True)]
        return [text for text in texts if text]

    def tool(self, target: dict) -> dict:
        tools = [{"type": "function", "function": WEATHER}]
        answer = self.create(target, tools=tools, tool_choice="required")
        call = answer.choices[0].message.tool_calls[0].function
        return {"name": call.name, "args": json.loads(call.arguments)}
