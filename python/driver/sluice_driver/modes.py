"""`os.chmod` for tasks: through an open file, so that the sandbox decides about it.

The sandbox refuses the system calls that change the mode of a path, because Landlock does not look at them; what a task may open, it
may also change. `shutil.copy` and `Path.chmod` come here.
"""

from __future__ import annotations

import os
from typing import Any


def change(path: Any, mode: int, *, dir_fd: int | None = None, follow_symlinks: bool = True) -> None:
    """Has the signature and the errors of `os.chmod`."""
    if isinstance(path, int):
        os.fchmod(path, mode)
        return
    if not follow_symlinks:
        raise NotImplementedError("chmod: follow_symlinks unavailable on this platform")
    opened = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=dir_fd)
    try:
        os.fchmod(opened, mode)
    finally:
        os.close(opened)


def install() -> None:
    """Puts it in the place of `os.chmod`."""
    os.chmod = change
