"""Drives the clients of the Python recipes for the suite: one JSON line in for each call, one out for its result."""

import json
import sys
import threading

import anthropic_client
import litellm_client
import openai_client

CLIENTS = {
    "openai": openai_client,
    "anthropic": anthropic_client,
    "litellm-openai": litellm_client.through("openai"),
    "litellm-anthropic": litellm_client.through("anthropic"),
}

writing = threading.Lock()
# Libraries that print must not print between the results.
results, sys.stdout = sys.stdout, sys.stderr


def answer(line: str) -> None:
    call = json.loads(line)
    try:
        result = getattr(CLIENTS[call["client"]], call["method"])(call["target"], *call["more"])
        reply = {"id": call["id"], "result": result}
    except Exception as error:  # The row that asked shows it.
        reply = {"id": call["id"], "error": f"{type(error).__name__}: {error}"}
    with writing:
        print(json.dumps(reply), file=results, flush=True)


for request in sys.stdin:
    threading.Thread(target=answer, args=(request,), daemon=True).start()
