"""`dbutils.fs`: files of volumes, through the workspace's Files API, and files of the task's own directory.

Paths are `/Volumes/...` (also `dbfs:/Volumes/...`) or `file:/...`; anything else is refused by name.
"""

from __future__ import annotations

import os
import shutil
from collections import namedtuple
from pathlib import Path
from typing import Any

from sluice_driver.workspace import Workspace, WorkspaceError

FileInfo = namedtuple("FileInfo", ["path", "name", "size", "modificationTime"])
_FILES = "/api/2.0/fs/files"
_DIRECTORIES = "/api/2.0/fs/directories"


class PathNotOffered(Exception):
    """The path lies where this workspace offers no files."""


class FileSystem:
    """`dbutils.fs`."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def ls(self, path: str) -> list[FileInfo]:
        """Lists a directory; a directory's name ends with `/` and its size is 0."""
        where = _volume_path(path)
        found: list[FileInfo] = []
        query: dict[str, str] = {}
        while True:
            page = self._workspace.json("GET", _DIRECTORIES + where, query)
            found.extend(_file_info(entry) for entry in page.get("contents", []))
            if not page.get("next_page_token"):
                return found
            query = {"page_token": page["next_page_token"]}

    def mkdirs(self, path: str) -> bool:
        """Makes a directory and its parents."""
        self._workspace.call("PUT", _DIRECTORIES + _volume_path(path))
        return True

    def head(self, path: str, maxBytes: int = 65536) -> str:
        """Returns the first bytes of a file as text."""
        return self._read(path)[:maxBytes].decode("utf-8", "replace")

    def put(self, file: str, contents: str, overwrite: bool = False) -> bool:
        """Writes text to a file."""
        self._write(file, contents.encode("utf-8"), overwrite)
        return True

    def cp(self, source: str, to: str, recurse: bool = False) -> bool:
        """Copies a file, or with `recurse` a directory."""
        if self._is_directory(source):
            if not recurse:
                raise IsADirectoryError(f"`{source}` is a directory; copy it with recurse=True")
            for name, directory in self._children(source):
                self.cp(f"{source.rstrip('/')}/{name}", f"{to.rstrip('/')}/{name}", directory or recurse)
            return True
        if to.endswith("/") or self._is_directory(to):
            to = f"{to.rstrip('/')}/{source.rstrip('/').rsplit('/', 1)[-1]}"
        self._write(to, self._read(source), overwrite=True)
        return True

    def mv(self, source: str, to: str, recurse: bool = False) -> bool:
        """Moves a file, or with `recurse` a directory."""
        self.cp(source, to, recurse)
        return self.rm(source, recurse)

    def rm(self, path: str, recurse: bool = False) -> bool:
        """Removes a file or directory; False when there is none."""
        local = _local_path(path)
        if local is not None:
            return _remove_local(local, recurse)
        where = _volume_path(path)
        try:
            if not self._is_directory(path):
                self._workspace.call("DELETE", _FILES + where)
                return True
        except WorkspaceError as error:
            if error.status == 404:
                return False
            raise
        if recurse:
            for name, _ in self._children(path):
                self.rm(f"{where}/{name}", recurse=True)
        self._workspace.call("DELETE", _DIRECTORIES + where)
        return True

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise NotImplementedError(f"`dbutils.fs.{name}` is not offered by the local workspace")

    def _children(self, path: str) -> list[tuple[str, bool]]:
        local = _local_path(path)
        if local is not None:
            return [(entry.name, entry.is_dir()) for entry in sorted(local.iterdir())]
        return [(entry.name.rstrip("/"), entry.name.endswith("/")) for entry in self.ls(path)]

    def _is_directory(self, path: str) -> bool:
        local = _local_path(path)
        if local is not None:
            return local.is_dir()
        try:
            self._workspace.call("HEAD", _DIRECTORIES + _volume_path(path))
        except WorkspaceError as error:
            if error.status in (400, 404):
                return False
            raise
        return True

    def _read(self, path: str) -> bytes:
        local = _local_path(path)
        if local is not None:
            return local.read_bytes()
        return self._workspace.call("GET", _FILES + _volume_path(path))[0]

    def _write(self, path: str, contents: bytes, overwrite: bool) -> None:
        local = _local_path(path)
        if local is not None:
            with open(local, "wb" if overwrite else "xb") as file:
                file.write(contents)
            return
        query = {"overwrite": "true" if overwrite else "false"}
        self._workspace.call("PUT", _FILES + _volume_path(path), query, contents)


def _file_info(entry: dict[str, Any]) -> FileInfo:
    directory = bool(entry.get("is_directory"))
    suffix = "/" if directory else ""
    path = str(entry["path"]).rstrip("/")
    name = str(entry.get("name") or path.rsplit("/", 1)[-1]).rstrip("/")
    return FileInfo(
        f"dbfs:{path}{suffix}", name + suffix, int(entry.get("file_size", 0)), int(entry.get("last_modified", 0))
    )


def _local_path(path: str) -> Path | None:
    if not path.startswith("file:"):
        return None
    return Path("/" + path.removeprefix("file:").lstrip("/"))


def _remove_local(path: Path, recurse: bool) -> bool:
    if not path.exists():
        return False
    if path.is_dir():
        shutil.rmtree(path) if recurse else path.rmdir()
    else:
        os.remove(path)
    return True


def _volume_path(path: str) -> str:
    plain = "/" + path.removeprefix("dbfs:").strip("/")
    if not plain.startswith("/Volumes/") or "/../" in f"{plain}/":
        raise PathNotOffered(
            f"`{path}` is not offered by the local workspace: `dbutils.fs` reaches `/Volumes/<catalog>/<schema>/<volume>/...` "
            "and `file:/...` of the task's own directory"
        )
    return plain
