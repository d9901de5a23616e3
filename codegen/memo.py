"""Remembers what formatting made of a text: after an edit only what changed is formatted again."""

# ruff: noqa: PTH103, PTH105, PTH107, PTH118, PTH123, PTH208 - as plain and quick as fingerprint.py

import os
from contextlib import suppress
from hashlib import blake2b

from codegen.fingerprint import CACHE, open_cache, tools


class Memo:
    """Formatted texts by the digest of the unformatted ones, in files of the cache folder.

    A folder that cannot be read or written, or a damaged file in it, only costs time.
    """

    def __init__(self, root: str, mode: str) -> None:
        """Remember below `root`; `mode` is how texts are formatted."""
        self.root = root
        self.folder = os.path.join(root, CACHE, "formatted")
        self.salt = f"{tools()}\n{mode}\n"
        self.used: set[str] = set()

    def get(self, text: str) -> str | None:
        """Return what was made of this text, if that is known."""
        self.used.add(self._name(text))
        try:
            with open(self._path(text), encoding="utf-8") as file:
                digest, _, made = file.read().partition("\n")
        except (OSError, UnicodeDecodeError):
            return None
        return made if digest == _digest(made) else None

    def put(self, text: str, made: str) -> None:
        """Remember what was made of a text."""
        with suppress(OSError):
            open_cache(self.root)
            os.makedirs(self.folder, exist_ok=True)
            aside = f"{self._path(text)}.{os.getpid()}"
            with open(aside, "w", encoding="utf-8") as file:
                file.write(f"{_digest(made)}\n{made}")
            os.replace(aside, self._path(text))

    def sweep(self) -> None:
        """Forget every text that this run did not ask for."""
        with suppress(OSError):
            for name in os.listdir(self.folder):
                if name not in self.used:
                    os.remove(os.path.join(self.folder, name))

    def _name(self, text: str) -> str:
        return _digest(self.salt + text)

    def _path(self, text: str) -> str:
        return os.path.join(self.folder, self._name(text))


def _digest(text: str) -> str:
    return blake2b(text.encode(), digest_size=20).hexdigest()
