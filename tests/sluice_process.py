"""The built binary in a place of its own: free ports, an own data directory, nothing of the user's environment but what it needs."""

import os
import random
import socket
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SLUICE = ROOT / "bin" / "sluice"


def free_base_port() -> int:
    """The first of four consecutive ports that nobody listens on, below those that Linux gives to outgoing connections: three for the
    workspaces, and the one where the demo listens for notifications."""
    while True:
        base = random.randrange(20000, 32700, 4)
        sockets = []
        try:
            for offset in range(4):
                listener = socket.socket()
                listener.bind(("127.0.0.1", base + offset))
                sockets.append(listener)
            return base
        except OSError:
            continue
        finally:
            for listener in sockets:
                listener.close()


def clean_environment(data_directory: Path) -> dict[str, str]:
    """Where programs, caches and root certificates are, as here; the data in this directory; nothing else."""
    kept = {name: os.environ[name] for name in ("PATH", "SLUICE_CACHE_DIR", "XDG_CACHE_HOME", "HOME") if name in os.environ}
    tls = {name: value for name, value in os.environ.items() if name.startswith(("SSL_", "UV_", "PIP_"))}
    return kept | tls | {"SLUICE_DATA_DIR": str(data_directory), "TZ": "UTC", "LC_ALL": "C.UTF-8"}
