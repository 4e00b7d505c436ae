"""Reads the REST operations, classes and enumerations out of the installed package `databricks-sdk` and prints them as JSON.

Only the package's source text is parsed (nothing of it is imported), so the answer depends on nothing but its version.
Called by `cargo xtask generate`; the shape of the output is what `xtask/src/generate/facts.rs` reads.
"""

import ast
import importlib.metadata
import json
import pathlib
import re
import sys

PACKAGE = "databricks-sdk"

# Paths whose parameter stands for a whole resource name that the package does not spell out: what its service's other methods say.
WHOLE_NAMES = {
    "/api/2.0/{name}": "/api/2.0/sandboxes/{sandbox_id}",
}


def service_folder() -> pathlib.Path:
    """The folder of the service modules of the installed package."""
    distribution = importlib.metadata.distribution(PACKAGE)
    return pathlib.Path(distribution.locate_file("databricks/sdk/service"))


class Module:
    """One service module: its classes and enumerations by name, and where its imported names come from."""

    def __init__(self, name: str, tree: ast.Module):
        self.name = name
        self.classes: dict[str, ast.ClassDef] = {}
        self.enums: dict[str, ast.ClassDef] = {}
        self.services: dict[str, ast.ClassDef] = {}
        for node in tree.body:
            if not isinstance(node, ast.ClassDef):
                continue
            if any("dataclass" in ast.unparse(decorator) for decorator in node.decorator_list):
                self.classes[node.name] = node
            elif any(ast.unparse(base) == "Enum" for base in node.bases):
                self.enums[node.name] = node
            elif node.name.endswith("API"):
                self.services[node.name] = node


class Reader:
    """Turns the modules into operations, classes and enumerations."""

    def __init__(self, folder: pathlib.Path):
        self.modules = {
            path.stem: Module(path.stem, ast.parse(path.read_text(encoding="utf-8")))
            for path in sorted(folder.glob("*.py"))
            if not path.stem.startswith("_")
        }

    def qualified(self, module: Module, name: str) -> str | None:
        """`module.Class` for a name used in a module, which may itself be `module.Class`."""
        home, _, bare = name.rpartition(".")
        owner = self.modules.get(home.split(".")[-1]) if home else module
        if owner and (bare in owner.classes or bare in owner.enums):
            return f"{owner.name}.{bare}"
        return None

    def type_of(self, module: Module, annotation: ast.expr) -> str:
        """The compact form of a type: `s i f b ?`, `[x]`, `{x}`, `enum:module.Name`, `module.Name`."""
        if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
            annotation = ast.parse(annotation.value, mode="eval").body
        text = ast.unparse(annotation)
        if isinstance(annotation, ast.Subscript):
            outer = ast.unparse(annotation.value)
            inner = annotation.slice
            if outer == "Optional":
                return self.type_of(module, inner)
            if outer in ("List", "Iterator", "Wait"):
                return f"[{self.type_of(module, inner)}]"
            if outer == "Dict":
                return "{" + self.type_of(module, inner.elts[1]) + "}"
        plain = {"str": "s", "int": "i", "float": "f", "bool": "b", "Any": "?", "any": "?", "dict": "?"}
        # Protobuf's well-known types are texts in JSON.
        plain |= {"Timestamp": "s", "Duration": "s", "FieldMask": "s", "BinaryIO": "?"}
        if text in plain:
            return plain[text]
        name = self.qualified(module, text)
        if name is None:
            raise SystemExit(f"{module.name}: no idea what type `{text}` is")
        home, bare = name.split(".")
        return f"enum:{name}" if bare in self.modules[home].enums else name

    def classes(self) -> dict[str, list]:
        """Every class: its fields as [name in JSON, type, required]."""
        found = {}
        for module in self.modules.values():
            for name, node in module.classes.items():
                names = json_names(node)
                found[f"{module.name}.{name}"] = [
                    [names.get(field.target.id, field.target.id), self.type_of(module, field.annotation), field.value is None]
                    for field in node.body
                    if isinstance(field, ast.AnnAssign)
                ]
        return found

    def enums(self) -> dict[str, list]:
        """Every enumeration: its values."""
        return {
            f"{module.name}.{name}": [
                item.value.value for item in node.body if isinstance(item, ast.Assign) and isinstance(item.value, ast.Constant)
            ]
            for module in self.modules.values()
            for name, node in module.enums.items()
        }

    def operations(self) -> list[dict]:
        """Every workspace-level operation, once per method that calls it."""
        found = []
        for module in self.modules.values():
            for service, node in module.services.items():
                for function in node.body:
                    if isinstance(function, ast.FunctionDef) and not function.name.startswith("_"):
                        found += self.operations_of(module, service, function)
        collections = {operation["path"] for operation in found}
        for operation in found:
            # `/api/2.0/postgres/{name}`: nothing is at `/api/2.0/postgres`, so `name` is no key in a collection but several segments.
            before, parameter, after = operation["path"].partition("/{name}")
            if parameter and before not in collections:
                operation["path"] = before + "/{name...}" + after
        return found

    def operations_of(self, module: Module, service: str, function: ast.FunctionDef) -> list[dict]:
        found = []
        for call in calls_of(function):
            path = path_of(function, call.args[1])
            path = WHOLE_NAMES.get(path, path)
            if "/accounts/" in path:
                continue
            query = assigned_keys(function, "query")
            body = self.body_fields(module, function)
            found.append(
                {
                    "id": f"{module.name}.{service}.{function.name}",
                    "method": call.args[0].value,
                    "path": path,
                    "query": query,
                    "body": sorted(body),
                    "body_types": [body[name] for name in sorted(body)],
                    "paged": "page_token" in query and ast.unparse(function.returns or ast.Constant(None)).startswith("Iterator"),
                    "long_running": any(
                        isinstance(node, ast.Call) and (ast.unparse(node.func) == "Wait" or ast.unparse(node.func).endswith("Operation"))
                        for node in ast.walk(function)
                    ),
                }
            )
        return found

    def body_fields(self, module: Module, function: ast.FunctionDef) -> dict[str, str]:
        """The fields of a body and their types: those set one by one, or those of the class that is sent whole (`body = app.as_dict()`)."""
        annotations = {argument.arg: argument.annotation for argument in function.args.args + function.args.kwonlyargs}
        fields = {}
        for node in ast.walk(function):
            if not isinstance(node, ast.Assign):
                continue
            target = node.targets[0]
            if isinstance(target, ast.Subscript) and ast.unparse(target.value) == "body" and isinstance(target.slice, ast.Constant):
                # `body["tasks"] = [v.as_dict() for v in tasks]`: the one argument that stands in it says the type.
                names = {name.id for name in ast.walk(node.value) if isinstance(name, ast.Name) and annotations.get(name.id)}
                if len(names) == 1:
                    fields[target.slice.value] = self.type_of(module, annotations[names.pop()])
                else:
                    # The next page is asked for with the token of the answer before: what the first request said stays.
                    fields.setdefault(target.slice.value, "?")
            elif ast.unparse(target) == "body" and ast.unparse(node.value).endswith(".as_dict()"):
                class_name = self.type_of(module, annotations[ast.unparse(node.value.func.value)])
                fields |= self.sent_whole(class_name)
        return fields

    def sent_whole(self, class_name: str) -> dict[str, str]:
        """The fields of a class by their names in JSON, and their types."""
        home, bare = class_name.split(".")
        module = self.modules[home]
        names = json_names(module.classes[bare])
        types = {
            field.target.id: self.type_of(module, field.annotation) for field in module.classes[bare].body if isinstance(field, ast.AnnAssign)
        }
        return {name: types[attribute] for attribute, name in names.items()}


def json_names(node: ast.ClassDef) -> dict[str, str]:
    """The name in JSON of each attribute, from `body["displayName"] = self.display_name` in `as_dict`."""
    names = {}
    for function in node.body:
        if isinstance(function, ast.FunctionDef) and function.name == "as_dict":
            for statement in ast.walk(function):
                if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Subscript):
                    key = statement.targets[0].slice.value
                    for value in ast.walk(statement.value):
                        if isinstance(value, ast.Attribute) and ast.unparse(value.value) == "self":
                            names[value.attr] = key
    return names


def calls_of(function: ast.FunctionDef) -> list[ast.Call]:
    """The requests that a method sends; the same one written twice (first page, next page) counts once.

    A call of a data plane endpoint, whose URL is an answer of another call, is no operation of the workspace.
    """
    calls = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "self._api.do" and len(node.args) > 1:
            calls.setdefault(ast.unparse(node.args[0]) + ast.unparse(node.args[1]), node)
    return list(calls.values())


def assigned_keys(function: ast.FunctionDef, target: str) -> list[str]:
    """The keys `k` of the statements `<target>["k"] = …`."""
    return sorted(
        {
            node.targets[0].slice.value
            for node in ast.walk(function)
            if isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Subscript)
            and ast.unparse(node.targets[0].value) == target
            and isinstance(node.targets[0].slice, ast.Constant)
        }
    )


def path_of(function: ast.FunctionDef, expression: ast.expr) -> str:
    """The path template of a request, its parameters in braces."""
    if isinstance(expression, ast.Constant):
        return expression.value
    text = ""
    for part in expression.values:
        if isinstance(part, ast.Constant):
            text += part.value
            continue
        value = part.value
        if isinstance(value, ast.Call) and "multi_segment" in ast.unparse(value.func):
            # Such a value starts with its own slash (`/Volumes/…`) and may hold several segments.
            text += "/{" + ast.unparse(value.args[0]) + "...}"
            continue
        source = ast.unparse(value)
        if source == "self._api.account_id":
            text += "/accounts/"
            continue
        words = [word for word in source.split(".") if word != "value"]
        text += resource_name(function, source) or "{" + words[-1] + "}"
    return text


def resource_name(function: ast.FunctionDef, source: str) -> str | None:
    """The segments of a resource name, where one parameter carries several: `name` of the form `projects/{project_id}`.

    The package fills such a name in whole; its form stands in the parameter's text only.
    """
    parameter = source.split(".")[0]
    documentation = (ast.get_docstring(function) or "") + "\n"
    text = re.search(rf":param {parameter}: [^\n]*\n((?:  .*\n|\n)*)", documentation)
    form = re.search(r"(?<![\w/])([a-z][a-z-]*/\{\w+\}[\w./{}-]*)", text.group(1)) if text else None
    if form is None:
        return None
    # A full name of Unity Catalog (`{catalog}.{schema}.{skill}`) is one segment.
    return re.sub(r"\{\w+\}(\.\{\w+\})+", "{full_name}", form.group(1).rstrip("."))


def main() -> None:
    """Prints everything as one JSON document."""
    reader = Reader(service_folder())
    json.dump(
        {
            "version": importlib.metadata.version(PACKAGE),
            "operations": reader.operations(),
            "classes": reader.classes(),
            "enums": reader.enums(),
        },
        sys.stdout,
    )


if __name__ == "__main__":
    main()
