# Generated from the drawings in specs/; edit those, then run `make generate`.
"""The base of every handler class: one that lacks a method is refused with the drawing's line."""

import re
from abc import ABC
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Generic, Self, TypeVar

Effect = TypeVar("Effect")


class Handlers(ABC, Generic[Effect]):
    """What the runtime does for one drawing; derive from its subclass and write every method."""

    __slots__ = ()

    DRAWING: ClassVar[str] = ""
    """The drawing's path, from the folder that holds specs/ and generated/."""

    DRAWN: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """Method -> words that stand together in the line that draws it, where its name does not."""

    def __new__(cls, *args: object, **kwargs: object) -> Self:
        """Refuse a class that lacks methods with a TypeError that says where each is drawn."""
        if cls.__abstractmethods__:
            lacking = sorted(cls.__abstractmethods__)
            drawn = ", ".join(f"{name}() ({cls.where(name)})" for name in lacking)
            raise TypeError(f"{cls.__qualname__} lacks {drawn}")
        return super().__new__(cls)

    @classmethod
    def where(cls, method: str) -> str:
        """Return `drawing:line` of what asks for a method, or the drawing when it is not here."""
        path = Path(__file__).parents[1] / cls.DRAWING
        words = set(cls.DRAWN.get(method, (method,)))
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except OSError:
            return cls.DRAWING
        for number, line in enumerate(lines, start=1):
            if words <= set(re.findall(r"\w+", line)):
                return f"{cls.DRAWING}:{number}"
        return cls.DRAWING
