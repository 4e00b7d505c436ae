"""The line protocol between the workspace and the engine process: one JSON object per line on standard input and output.

The workspace sends `execute`, `encode`, `cancel` and `decision`; the engine sends `ready`, `result`, `encoded`, `failed` and `ask`.
Whatever else prints to standard output in this process goes to standard error instead, so that the protocol stays clean. When the workspace
is gone, also when it was killed, standard input ends and so does this process. (The kernel's parent-death signal would not do: it fires
when the *thread* that started the process ends.)
"""

import itertools
import json
import os
import sys
import threading


class Refused(Exception):
    """The workspace refused something: an error class, a message and an SQL state."""

    def __init__(self, error):
        super().__init__(error["message"])
        self.error = error


class Channel:
    """Sends lines, and hands received ones to whom they concern."""

    def __init__(self):
        self._output = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)
        self._lock = threading.Lock()
        self._questions = {}
        self._numbers = itertools.count(1)

    def send(self, message):
        """Writes one message."""
        line = json.dumps(message, separators=(",", ":"))
        with self._lock:
            self._output.write(line + "\n")
            self._output.flush()

    def ask(self, request, token, timeout=None):
        """Asks the workspace to decide about a task's request; raises `Refused` when it says no."""
        number, done = next(self._numbers), threading.Event()
        answer = {}
        with self._lock:
            self._questions[number] = (done, answer)
        self.send({"type": "ask", "id": number, "token": token, "request": request})
        if not done.wait(timeout):
            with self._lock:
                self._questions.pop(number, None)
            raise TimeoutError("the workspace did not answer in time")
        if "error" in answer:
            raise Refused(answer["error"])
        return answer["result"]

    def listen(self, handlers):
        """Reads lines until standard input ends, then ends the process at once."""
        for line in sys.stdin:
            message = json.loads(line)
            if message["type"] == "decision":
                with self._lock:
                    done, answer = self._questions.pop(message["id"], (None, None))
                if done is not None:
                    answer.update(message)
                    done.set()
            else:
                handlers[message["type"]](message)
        os._exit(0)
