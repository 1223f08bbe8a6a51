"""The one event loop, asked for by several threads at once."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import asyncio, threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from cairn.core import event_loop

together, make = threading.Barrier(2), asyncio.new_event_loop

def both_at_once():
    with suppress(threading.BrokenBarrierError):
        together.wait(0.2)
    return make()

async def here():
    return asyncio.get_running_loop()

asyncio.new_event_loop = both_at_once
with ThreadPoolExecutor(2) as threads:
    loops = list(threads.map(lambda _: event_loop.wait(here()), range(2)))
print(loops[0] is loops[1])
"""


def test_two_threads_that_ask_first_get_one_loop() -> None:
    assert subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True).stdout == "True\n"
