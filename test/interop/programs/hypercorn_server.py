"""The echo service on hypercorn: HTTP/1.1, or RFC 8441 over HTTP/2 without TLS; it offers both on one port. ASGI has no ping,
and hypercorn's `disconnect` event does not tell what the client closed with."""

import asyncio
import json
import re
import socket
import sys

from hypercorn.asyncio import serve
from hypercorn.config import Config

async def app(scope, receive, send):
    if scope["type"] != "websocket":
        return
    is_offered = "chat.v2" in scope["subprotocols"]
    await receive()
    await send({"type": "websocket.accept", "subprotocol": "chat.v2" if is_offered else None})
    while (event := await receive())["type"] == "websocket.receive":
        await answer(event.get("text"), event.get("bytes"), send)


async def answer(text, data, send):
    if text is None:
        await send({"type": "websocket.send", "bytes": data})
    elif close := re.fullmatch(r"/close (\d+) (.*)", text):
        await send({"type": "websocket.close", "code": int(close[1]), "reason": close[2]})
    else:
        await send({"type": "websocket.send", "text": text})


async def main():
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    config = Config()
    config.bind = [f"fd://{listener.fileno()}"]
    config.loglevel = "ERROR"
    over = asyncio.Event()
    print(json.dumps({"port": listener.getsockname()[1]}), flush=True)
    serving = asyncio.ensure_future(serve(app, config, shutdown_trigger=over.wait))
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    over.set()
    await serving


asyncio.run(main())
