"""The engine process of one workspace: Sail, the statements of the workspace and the gateway of tasks.

Sail listens on a port of its own that nobody is told; tasks reach the gateway alone (`gateway.py`), the workspace speaks over
standard input and output (`channel.py`). Starts at `main`.
"""

import os
import warnings


def main():
    warnings.filterwarnings("ignore")
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)

    from channel import Channel

    channel = Channel()
    from pysail.spark import SparkConnectServer

    server = SparkConnectServer("127.0.0.1", 0)
    server.start(background=True)
    host, port = server.listening_address

    from gateway import Gateway
    from statements import Statements

    address = f"{host}:{port}"
    statements = Statements(channel, address)
    gateway = Gateway(channel, address, statements)
    channel.send({"type": "ready", "gateway_port": gateway.start(), "engine_port": port})
    channel.listen({"execute": statements.execute, "encode": statements.encode, "cancel": statements.cancel})


# Read by Sail when it starts. One machine runs three workspaces and their tasks: two partitions are enough, and neither
# cached Parquet footers nor cached listings may outlive a write that others did.
SETTINGS = {
    "RUST_LOG": "error",
    "SAIL_EXECUTION__DEFAULT_PARALLELISM": "2",
    "SAIL_PARQUET__MAXIMUM_PARALLEL_ROW_GROUP_WRITERS": "1",
    # A notebook may think for hours between two cells; sessions end with their tasks, all of them with the idle engine.
    "SAIL_SPARK__SESSION_TIMEOUT_SECS": "86400",
    "SAIL_RUNTIME__MEMORY_POOL__TYPE": "greedy",
    "SAIL_RUNTIME__MEMORY_POOL__GREEDY__MAX_SIZE": str(1 << 30),
}

if __name__ == "__main__":
    main()
