"""Entry point of a task process: `python -I main.py`, with the task's description as JSON on file descriptor 0.

Everything that a task may do was decided before this file runs: the process is already confined, limited and
stripped of its environment. Start reading at `sluice_driver/task.py`.
"""

import sys
from pathlib import Path

_HERE = str(Path(__file__).resolve().parent)
sys.path.insert(0, _HERE)

from sluice_driver import task  # noqa: E402

sys.path.remove(_HERE)

if __name__ == "__main__":
    sys.exit(task.main())
