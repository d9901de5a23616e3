"""What `dotgen git-setup` does: the clone is set up or cleared, and what was done is printed."""

from pathlib import Path

from codegen.git import GitError
from codegen.review.setup import SetupError, install, uninstall
from codegen.say import Say


def git_setup(*, say: Say, root: str, local: bool, remove: bool) -> int:
    """Make git call dotgen for drawings, or no longer; return the exit code."""
    try:
        done = uninstall(Path(root)) if remove else install(Path(root), shared=not local)
    except (GitError, SetupError) as error:
        say(str(error), error=True, style="red")
        return 2
    for line in done:
        say(line)
    return 0
