"""The event loop of a program of ours: libuv's, or where that is missing the standard one."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

new_event_loop: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop
try:
    import uvloop
except ImportError:  # not built for this platform: the standard one does the same, half as fast
    pass
else:
    new_event_loop = uvloop.new_event_loop

Result = TypeVar("Result")


def run(main: Coroutine[Any, Any, Result]) -> Result:
    """Run a program to its end."""
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(main)
