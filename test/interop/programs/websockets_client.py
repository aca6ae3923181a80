"""The checks of checks/checks.ts, by python3-websockets."""

import asyncio
import json
import random
import sys

import websockets

given = json.loads(sys.argv[-1])
REASON = "tschüs, 再见"
MEBIBYTE = 2**20


def open_socket(**options):
    compression = "deflate" if given["deflate"] else None
    return websockets.connect(given["url"], compression=compression, max_size=2**22, **options)


def expect_same(actual, expected):
    assert actual == expected, f"got {str(actual)[:60]!r} instead of {str(expected)[:60]!r}"


def echoes(*messages):
    async def run():
        async with open_socket() as socket:
            for message in messages:
                await socket.send(message)
            for message in messages:
                expect_same(await socket.recv(), message)

    return run


async def subprotocol():
    async with open_socket(subprotocols=["other.v1", "chat.v2"]) as socket:
        expect_same(socket.subprotocol, "chat.v2")


async def deflate():
    async with open_socket() as socket:
        expect_same("permessage-deflate" in [each.name for each in socket.extensions], given["abilities"]["deflate"])


async def client_ping():
    async with open_socket() as socket:
        await (await socket.ping(bytes(range(125))))


async def server_ping():
    async with open_socket() as socket:
        await socket.send("/ping")
        expect_same(await socket.recv(), "pong interop")


async def client_close():
    socket = await open_socket()
    await socket.close(4001, REASON)
    expect_same(socket.close_code, 4001)
    async with open_socket() as following:
        await following.send("/closed 4001")
        expect_same(await following.recv(), f"4001 {REASON}")


async def server_close():
    socket = await open_socket()
    await socket.send(f"/close 4002 {REASON}")
    await socket.wait_closed()
    expect_same(f"{socket.close_code} {socket.close_reason}", f"4002 {REASON}")


numbers = random.Random(6455)
line = "Grüße, 世界 👋! "
line_bytes = len(line.encode())
checks = {
    "text, ASCII": echoes("hello"),
    "text, not ASCII": echoes("Grüße, 世界 👋 \0 \U0010ffff"),
    "text, empty": echoes(""),
    "text, 1 MiB": echoes(line * (MEBIBYTE // line_bytes) + "x" * (MEBIBYTE % line_bytes)),
    "binary": echoes(bytes(range(256))),
    "binary, empty": echoes(b""),
    "binary, 64 KiB - 1": echoes(numbers.randbytes(65_535)),
    "binary, 64 KiB": echoes(numbers.randbytes(65_536)),
    "binary, 1 MiB": echoes(numbers.randbytes(MEBIBYTE)),
    "200 messages at once": echoes(*[each for n in range(100) for each in (f"message {n}", bytes(n))]),
    "subprotocol": subprotocol,
    "permessage-deflate": deflate,
    "ping of the client": client_ping,
    "ping of the server": server_ping,
    "close by the client": client_close,
    "close by the server": server_close,
}


async def run(name, check):
    try:
        await asyncio.wait_for(check(), 20)
        return {"name": name}
    except Exception as error:
        return {"name": name, "fault": f"{type(error).__name__}: {error}"}


async def main():
    print(json.dumps({"results": [await run(name, check) for name, check in checks.items()]}), flush=True)


asyncio.run(main())
