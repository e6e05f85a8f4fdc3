"""What the suite asks of each client: see client.ts."""

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
