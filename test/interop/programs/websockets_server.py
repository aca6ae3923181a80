"""The echo service on python3-websockets."""

import asyncio
import json
import re
import sys

import websockets

given = json.loads(sys.argv[-1])
closes: dict[int, asyncio.Future] = {}


def ending_of(code):
    return closes.setdefault(code, asyncio.get_running_loop().create_future())


async def serve_one(socket):
    try:
        async for data in socket:
            await answer(socket, data)
    except websockets.ConnectionClosedError:
        pass
    await socket.wait_closed()
    ending = ending_of(socket.close_code)
    if not ending.done():
        ending.set_result(f"{socket.close_code} {socket.close_reason}")


async def answer(socket, data):
    if isinstance(data, str) and (close := re.fullmatch(r"/close (\d+) (.*)", data)):
        await socket.close(int(close[1]), close[2])
    elif isinstance(data, str) and (closed := re.fullmatch(r"/closed (\d+)", data)):
        await socket.send(await ending_of(int(closed[1])))
    elif data == "/ping":
        await (await socket.ping(b"interop"))
        await socket.send("pong interop")
    else:
        await socket.send(data)


async def main():
    compression = "deflate" if given["deflate"] else None
    async with websockets.serve(
        serve_one, "127.0.0.1", 0, subprotocols=["chat.v2"], compression=compression, max_size=2**22
    ) as server:
        print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


asyncio.run(main())
