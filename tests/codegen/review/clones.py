"""Real git repositories to ask, made anew for each test."""

import os
import subprocess
from pathlib import Path

DATE = "2026-03-01T12:00:00+00:00"
SETTINGS = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_ALLOW_PROTOCOL": "file",
    "GIT_AUTHOR_NAME": "Ann",
    "GIT_AUTHOR_EMAIL": "ann@example.org",
    "GIT_AUTHOR_DATE": DATE,
    "GIT_COMMITTER_NAME": "Ann",
    "GIT_COMMITTER_EMAIL": "ann@example.org",
    "GIT_COMMITTER_DATE": DATE,
}


class Clone:
    """A repository with a working tree."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @classmethod
    def new(cls, root: Path) -> "Clone":
        """Make an empty repository."""
        root.mkdir(parents=True, exist_ok=True)
        clone = cls(root)
        clone.git("init", "--quiet", "--initial-branch=main")
        return clone

    def clone(self, root: Path, *options: str) -> "Clone":
        """Clone it as from another machine."""
        self.git("clone", "--quiet", *options, f"file://{self.root}", str(root))
        return Clone(root)

    def git(self, *arguments: str, given: str = "", fails: bool = False) -> str:
        """Run git, and return all that it says."""
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.root,
            env={k: v for k, v in os.environ.items() if not k.startswith("GIT_")} | SETTINGS,
            input=given.encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        said = done.stdout.decode(errors="replace")
        assert bool(done.returncode) == fails, said
        return said.strip()

    def write(self, path: str, content: str | bytes) -> None:
        """Write a file."""
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content.encode() if isinstance(content, str) else content)

    def commit(self, subject: str = "change") -> str:
        """Commit everything, and return the commit's hash."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", subject)
        return self.git("rev-parse", "HEAD")

    def save(self, path: str, content: str | bytes, subject: str = "") -> str:
        """Write a file and commit it."""
        self.write(path, content)
        return self.commit(subject or f"change {path}")
