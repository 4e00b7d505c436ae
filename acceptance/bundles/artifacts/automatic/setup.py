"""Takes the place of setuptools, which not every machine has."""
import pathlib
import sys

if sys.argv[1:] == ["bdist_wheel"]:
    pathlib.Path("dist").mkdir(exist_ok=True)
    pathlib.Path("dist/lib-1-py3-none-any.whl").write_text("wheel")
