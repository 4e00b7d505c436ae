"""The two programs whose answers are compared, each with workspaces of its own."""

from __future__ import annotations

import copy
import os
import pathlib

from .case import Case
from .masks import Masks
from .process import Finished, Place, run
from .workspace_dump import Reader


class Program:
    """`databricks bundle` or `sluice`, at a place."""

    def __init__(self, name: str, command: tuple[str, ...], place: Place):
        self.name, self.command, self.place = name, command, place
        self.home = place.data / "home"
        self.home.mkdir(exist_ok=True)
        reader = Reader(*place.host("admin"))
        self.warehouse = reader.get("/api/2.0/sql/warehouses")["warehouses"][0]["id"]
        self._masks = _new_masks(reader)
        self._masks.replace(place.data, "data")

    def seeded_masks(self) -> Masks:
        """Masks of the ids that the workspace had from the beginning; to add to."""
        return copy.deepcopy(self._masks)

    def run(self, name: str, *arguments: str, case: Case, host: str, token: str, directory: pathlib.Path) -> Finished:
        """A command at a case, through a host that may record."""
        kept = {key: value for key, value in os.environ.items() if key in ("PATH", "SSL_CERT_FILE")}
        environment = kept | {
            "HOME": str(self.home),
            "DATABRICKS_HOST": host,
            "DATABRICKS_TOKEN": token,
            "DATABRICKS_BUNDLE_ENGINE": "direct",
            "NO_COLOR": "1",
            "TZ": "UTC",
            "LC_ALL": "C.UTF-8",
        }
        options = ("--lenient",) if case.lenient and self.name == "sluice" else ()
        if case.overwrites and self.name == "sluice" and name == "deploy":
            options += ("--overwrite-uncaptured",)
        return run((*self.command, name, *options, *arguments), environment | case.environment, directory)


def _new_masks(reader: Reader) -> Masks:
    """Masks for the ids of what every workspace has from the beginning."""
    masks = Masks()
    for kind, path, items, key in (
        ("warehouse", "/api/2.0/sql/warehouses", "warehouses", "id"),
        ("policy", "/api/2.0/policies/clusters/list", "policies", "policy_id"),
    ):
        for each in reader.get(path).get(items) or []:
            masks.add(each[key], f"{kind} {each['name']}")
    for kind, path in (("user", "Users"), ("group", "Groups"), ("service principal", "ServicePrincipals")):
        for each in reader.get(f"/api/2.0/preview/scim/v2/{path}").get("Resources") or []:
            name = f"{kind} {each.get('userName') or each.get('displayName')}"
            masks.add(each["id"], name)
            if "applicationId" in each:
                masks.add(each["applicationId"], f"application {name}")
    return masks
