"""The page in a browser: the journey of a release as different people, by keyboard alone, without script, and for everybody (axe)."""

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

SCREENSHOTS = os.environ.get("SLUICE_SCREENSHOTS")


def screens(world) -> dict[str, str]:
    promotion = world.second["promotion"]["id"]
    deployment = world.sluice("status")[2]["running"]["deployment"]
    return {
        "matrix": "/",
        "releases": "/releases",
        "release": "/releases/flights/1.1.0?against=prod",
        "promotions": "/promotions?show=all",
        "promotion": f"/promotions/{promotion}",
        "deployment": f"/deployments/{deployment}",
        "history": "/history",
        "ledger": "/ledger",
        "entry": "/ledger/1",
        "verification": "/ledger/verification",
        "error": "/promotions/none",
    }


def serious(page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']} ({one['impact']}): {node['html'][:200]} {node.get('failureSummary')}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


def photograph(page, name: str) -> None:
    if SCREENSHOTS:
        page.screenshot(full_page=True, path=str(Path(SCREENSHOTS) / f"{name}.png"))


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_no_screen_shuts_anybody_out(visit, world, colours):
    stranger = visit(None, colours)
    stranger.open("/")
    assert stranger.path == "/sign-in"
    photograph(stranger.page, f"sign-in-{colours}")
    assert serious(stranger.page) == []
    owner = visit("prod-domain-owner", colours)
    ground = owner.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") == (colours == "light")
    found = {}
    for name, path in screens(world).items():
        owner.open(path)
        photograph(owner.page, f"{name}-{colours}")
        for details in owner.page.locator("details").all():
            details.locator("summary").click()
        found[name] = serious(owner.page)
        assert owner.page.locator("h1").count() == 1, name
        scopes = owner.page.locator("th:not([scope])").count()
        assert scopes == 0, name
        for width in (1280, 360):
            owner.page.set_viewport_size({"width": width, "height": 800})
            wide = owner.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
            assert not wide, f"{name} scrolls sideways as a whole at {width}"
        owner.page.set_viewport_size({"width": 1280, "height": 800})
    assert {name: faults for name, faults in found.items() if faults} == {}


def test_the_keyboard_alone_does(visit, world):
    visitor = visit(None)
    page = visitor.page
    visitor.open("/sign-in")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    expect(page.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.type("prod")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Token")).to_be_focused()
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid", "who uses the keyboard sees where they are"
    page.keyboard.type(world.profile("prod-steward")["token"])
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="What runs where")).to_be_visible()
    for name in ("Sluice", "What runs where", "Releases"):
        while page.evaluate("document.activeElement.textContent") != name:
            page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Releases")).to_be_visible()


def test_without_script_everything_is_there(visit, world):
    visitor = visit("prod-analyst", script=False)
    for name, path in screens(world).items():
        visitor.open(path)
        expect(visitor.page.locator("h1")).to_be_visible()
        assert name == "error" or "There is no such thing" not in visitor.page.content(), name


def test_the_journey_of_a_release(visit, world, site):
    promotion = world.second["promotion"]["id"]
    engineer = visit("prod-engineer")
    page = engineer.page
    cells = page.get_by_role("row").filter(has_text="flights").get_by_role("cell")
    expect(cells.nth(2)).to_contain_text("1.0.0")
    expect(cells.nth(2)).to_contain_text("1 release behind qa")
    cells.nth(2).get_by_role("link", name="awaits approval").click()
    expect(page.get_by_text("You cannot approve this.")).to_be_visible()
    expect(page.get_by_text("wrote some of what would be new in prod")).to_be_visible()
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)

    owner = visit("prod-domain-owner")
    page = owner.page
    owner.open("/releases/flights/1.1.0")
    page.get_by_label("Compare with what runs in").select_option("prod")
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_text("Compared with 1.0.0 in prod")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text="resources/raw.yml")).to_contain_text("added")
    expect(page.get_by_role("listitem").filter(has_text="Room for raw files")).to_be_visible()
    page.get_by_text("What differs in the text").click()
    expect(page.locator("pre .added").filter(has_text="raw_9")).to_be_visible()

    owner.open(f"/promotions/{promotion}")
    page.get_by_label("Comment").fill("Compared with 1.0.0: <only> volumes.")
    page.get_by_role("button", name="Approve").press("Enter")
    expect(page.get_by_text("Compared with 1.0.0: <only> volumes.")).to_be_visible()
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)
    assert owner.path == f"/promotions/{promotion}"

    # The deployment is held still at its first step, so that it can be met on its way.
    process = world.start("promote", "1.1.0", "--to", "prod", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        for line in process.stderr:
            if "applying" in line:
                break
        process.send_signal(signal.SIGSTOP)
        owner.open("/")
        page.get_by_role("row").filter(has_text="flights").get_by_role("link", name="applying").click()
        expect(page.locator("#phases")).to_contain_text("applying")
        expect(page.locator("#summary")).to_contain_text("epoch")
        photograph(page, "deployment-live-light")
        met = page.locator("#steps tr").count()
        assert met < 10
        page.evaluate("window.sameDocument = true")
        process.send_signal(signal.SIGCONT)
        expect(page.locator("#steps tr")).to_have_count(10, timeout=60_000)
        expect(page.locator("#summary .state.good")).to_have_text(re.compile("active"), timeout=60_000)
        expect(page.locator("#checks")).to_contain_text("second plan")
        assert page.evaluate("window.sameDocument"), "nothing was loaded again"
        assert process.wait(timeout=60) == 0
    finally:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.wait()
        process.stderr.close()
    expect(page.locator("#summary")).to_contain_text("nobody")
    live = page.locator("main").inner_text()
    page.reload()
    assert page.locator("main").inner_text() == live, "loaded again, it says the same"

    page.get_by_role("link", name="Ledger").click()
    page.get_by_role("button", name="Verify every entry").click()
    entries = world.sluice("ledger", "verify")["entries"]
    expect(page.get_by_role("status")).to_contain_text(f"Verified: {entries} entries")
    page.get_by_role("button", name="Sign out").click()
    assert owner.path == "/sign-in"
    owner.open("/ledger")
    assert owner.path == "/sign-in"
