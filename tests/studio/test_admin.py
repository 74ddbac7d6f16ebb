"""The admin pages: tenants, plans, keys, people, users, audit log, capacity; who sees what."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
import uuid
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.studio.conftest import EMAIL, PASSWORD, TENANT
from tests.studio.platform import Platform
from tests.studio.visit import Visit

SCHEMES = ("light", "dark")
SECTIONS = {
    "tenants": "Tenants",
    "plans": "Plans",
    f"keys?tenant={TENANT}": "API keys",
    f"tokens?tenant={TENANT}": "Node tokens",
    f"people?tenant={TENANT}": "Members",
    "users": "Users",
    "audit": "Tenants and instances",
    "capacity": "All hosts",
}
SLOW = 20_000


def fresh(stem: str) -> str:
    """Return a name that nothing else has."""
    return f"{stem}-{uuid.uuid4().hex[:6]}"


@pytest.fixture(scope="module", autouse=True)
def furnished(platform: Platform) -> None:
    """Put something into every section."""
    node = platform.node(TENANT, fresh("served"), port=True, memory="8mb")
    platform.ask("POST", f"/v1/tenants/{TENANT}/keys", {"name": "ci", "scopes": ["nodes:read"]})
    platform.ask("POST", f"/v1/nodes/{node['id']}/tokens", {"name": "edge", "read_only": True})
    platform.tenant(fresh("globex"))
    platform.user(f"{fresh('grace')}@example.com", PASSWORD, TENANT, "viewer")
    platform.invite(f"{fresh('linus')}@example.com", TENANT, "member")


def row(page: Page, table: str, text: str) -> Locator:
    """Return a row of a table."""
    return page.get_by_role("table", name=table).get_by_role("row").filter(has_text=text)


def choose(scope: Page | Locator, page: Page, label: str, option: str) -> None:
    """Choose in a list."""
    named = scope.get_by_role("combobox", name=label).or_(scope.get_by_role("textbox", name=label))
    named.click()
    page.get_by_role("option", name=option, exact=True).click()


def from_menu(page: Page, button: str, item: str) -> None:
    """Choose in a row's menu."""
    page.get_by_role("button", name=button).click()
    page.get_by_role("menuitem", name=item).click()


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("section", SECTIONS)
def test_sections_look_well(operator: Visit, section: str, scheme: str) -> None:
    operator.go(f"/admin/{section}")
    operator.scheme(scheme)
    page = operator.page
    expect(page.get_by_role("region", name=SECTIONS[section], exact=True)).to_be_visible()
    expect(page.get_by_role("status")).to_have_count(0)
    operator.picture(f"admin-{section.split('?')[0]}-{scheme}")
    operator.check_access()


@pytest.mark.parametrize("section", SECTIONS)
def test_sections_on_a_telephone(operator: Visit, section: str) -> None:
    operator.page.set_viewport_size({"width": 360, "height": 740})
    operator.go(f"/admin/{section}")
    page = operator.page
    expect(page.get_by_role("region", name=SECTIONS[section], exact=True)).to_be_visible()
    expect(page.get_by_role("status")).to_have_count(0)
    operator.picture(f"admin-{section.split('?')[0]}-360")
    operator.check_width()
    operator.check_access()


def test_the_life_of_a_tenant(operator: Visit, platform: Platform) -> None:
    name = fresh("hooli")
    operator.go("/admin/tenants")
    page = operator.page
    dialog = page.get_by_role("dialog")
    page.get_by_role("button", name="Create tenant").click()
    dialog.get_by_label("Name", exact=True).fill("no spaces")
    expect(dialog.get_by_text("1 to 64 letters")).to_be_visible()
    dialog.get_by_label("Name", exact=True).fill(TENANT)
    dialog.get_by_role("button", name="Create tenant").click()
    expect(dialog.get_by_text(re.compile("exists|taken|already"))).to_be_visible()
    dialog.get_by_label("Name", exact=True).fill(name)
    operator.check_access()
    dialog.get_by_role("button", name="Create tenant").click()
    expect(dialog).to_have_count(0)
    own = row(page, "Tenants", name)
    expect(own).to_contain_text("Active")

    actions = f"Actions of tenant {name}"
    from_menu(page, actions, "Edit …")
    dialog.get_by_label("Display name").fill("Hooli, Inc.")
    dialog.get_by_role("button", name="Save").click()
    expect(own).to_contain_text("Hooli, Inc.")

    node = platform.node(name, fresh("n"), port=False)
    from_menu(page, actions, "Suspend …")
    dialog.get_by_role("button", name="Suspend").click()
    expect(own).to_contain_text("Suspended")
    assert platform.ask("GET", f"/v1/nodes/{node['id']}")["state"] == "stopped"
    from_menu(page, actions, "Resume")
    expect(own).to_contain_text("Active")

    from_menu(page, actions, "Delete …")
    submit = dialog.get_by_role("button", name="Delete")
    expect(submit).to_be_disabled()
    dialog.get_by_label(f"Type {name} to confirm").fill(name)
    choose(dialog, page, "Grace time", "30 days")
    operator.picture("admin-delete-tenant")
    operator.check_access()
    submit.click()
    expect(own).to_contain_text("Deleting")
    expect(own).to_contain_text("deleted in 2")
    from_menu(page, actions, "Keep it after all")
    expect(own).to_contain_text("Active")
    from_menu(page, actions, "Delete …")
    dialog.get_by_label(f"Type {name} to confirm").fill(name)
    choose(dialog, page, "Grace time", "None: at once")
    submit.click()
    expect(dialog).to_have_count(0)
    expect(own.filter(has_text="Active")).to_have_count(0)


def test_the_life_of_a_plan(operator: Visit) -> None:
    name = fresh("gold")
    operator.go("/admin/plans")
    page = operator.page
    dialog = page.get_by_role("dialog")
    page.get_by_role("button", name="Create plan").click()
    dialog.get_by_label("Name").fill(name)
    dialog.get_by_label("Memory").fill("lots")
    expect(dialog.get_by_text("0, or an amount")).to_be_visible()
    dialog.get_by_label("Memory").fill("256mb")
    dialog.get_by_label("Instances").fill("7")
    operator.check_access()
    dialog.get_by_role("button", name="Create plan").click()
    own = row(page, "Plans", name)
    expect(own).to_contain_text("256 MiB")
    expect(own).to_contain_text("no limit")
    from_menu(page, f"Actions of plan {name}", "Edit …")
    dialog.get_by_label("Instances").fill("12")
    dialog.get_by_role("button", name="Save").click()
    expect(own).to_contain_text("12")
    from_menu(page, f"Actions of plan {name}", "Delete …")
    dialog.get_by_role("button", name="Delete").click()
    expect(own).to_have_count(0)
    from_menu(page, "Actions of plan standard", "Delete …")
    dialog.get_by_role("button", name="Delete").click()
    expect(dialog.get_by_role("alert")).to_be_visible()


def status_with(platform: Platform, token: str, path: str) -> int:
    """Ask the gateway; return the status."""
    request = urllib.request.Request(
        platform.url + path, headers={"Authorization": f"Bearer {token}"}
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refusal:
        return refusal.code


def test_the_life_of_a_key(person: Visit, platform: Platform) -> None:
    name = fresh("deploy")
    person.go("/admin/keys")
    page = person.page
    dialog = page.get_by_role("dialog")
    page.get_by_role("button", name="Create key").click()
    dialog.get_by_label("Name").fill(name)
    dialog.get_by_label("tenant:read").check()
    person.check_access()
    dialog.get_by_role("button", name="Create key").click()
    shown = dialog.get_by_role("group", name="Secret")
    secret = shown.locator("code").inner_text()
    assert secret.startswith("mrk_")
    dialog.get_by_role("button", name="Copy the secret").click()
    assert page.evaluate("() => navigator.clipboard.readText()") == secret
    # No stray key or click takes it away.
    page.keyboard.press("Escape")
    expect(shown).to_be_visible()
    page.mouse.move(0, 0)
    expect(page.get_by_role("tooltip")).to_have_count(0)
    person.picture("admin-secret")
    person.check_access()
    dialog.get_by_role("button", name="I have kept it").click()
    expect(page.get_by_text(secret)).to_have_count(0)
    assert status_with(platform, secret, f"/v1/tenants/{TENANT}") == 200
    assert status_with(platform, secret, "/v1/audit") == 403
    own = row(page, "API keys", name)
    expect(own).to_contain_text("tenant:read")
    page.get_by_role("button", name=f"Revoke {name}").click()
    dialog.get_by_role("button", name="Revoke").click()
    expect(own).to_have_count(0)
    assert status_with(platform, secret, f"/v1/tenants/{TENANT}") == 401
    page.get_by_role("switch", name="Show revoked and expired").click(force=True)
    expect(own).to_contain_text("Revoked")


def test_the_life_of_a_node_token(person: Visit) -> None:
    name = fresh("edge")
    person.go("/admin/tokens")
    page = person.page
    dialog = page.get_by_role("dialog")
    page.get_by_role("button", name="Create token").click()
    dialog.get_by_label("Name").fill(name)
    dialog.get_by_label("Only commands that change nothing").check()
    choose(dialog, page, "Expires", "In 30 days")
    dialog.get_by_role("button", name="Create token").click()
    secret = dialog.get_by_role("group", name="Secret").locator("code").inner_text()
    assert secret.startswith("mrn_")
    dialog.get_by_role("button", name="I have kept it").click()
    own = row(page, "Node tokens", name)
    expect(own).to_contain_text("read only")
    page.get_by_role("button", name=f"Revoke {name}").click()
    dialog.get_by_role("button", name="Revoke").click()
    expect(own).to_have_count(0)


def test_people_are_invited_and_change_their_roles(person: Visit, platform: Platform) -> None:
    email = f"{fresh('edsger')}@example.com"
    person.go("/admin/people")
    page = person.page
    dialog = page.get_by_role("dialog")
    page.get_by_role("button", name="Invite", exact=True).click()
    dialog.get_by_label("E-mail").fill("nobody")
    dialog.get_by_role("button", name="Invite").click()
    expect(dialog.get_by_text("An e-mail address")).to_be_visible()
    dialog.get_by_label("E-mail").fill(email)
    choose(dialog, page, "Role", "Admin")
    person.check_access()
    dialog.get_by_role("button", name="Invite").click()
    link = dialog.get_by_role("group", name="Link").locator("code").inner_text()
    assert link.startswith(f"{platform.url}/accept-invitation#mri_")
    dialog.get_by_role("button", name="Done").click()
    expect(row(page, "Invitations", email)).to_contain_text("Admin")
    body = {"token": link.split("#")[1], "password": PASSWORD, "name": "Edsger"}
    platform.ask("POST", "/auth/v1/invitations/accept", body, "")
    page.reload()
    own = row(page, "Members", email)
    expect(own).to_contain_text("Edsger")
    choose(own, page, f"Role of {email}", "Viewer")
    expect(page.get_by_text(f"{email} is Viewer now")).to_be_visible()
    page.get_by_role("button", name=f"Remove {email}").click()
    dialog.get_by_role("button", name="Remove").click()
    expect(own).to_have_count(0)


def test_an_invitation_is_taken_back(person: Visit, platform: Platform) -> None:
    email = f"{fresh('barbara')}@example.com"
    platform.invite(email, TENANT, "member")
    person.go("/admin/people")
    page = person.page
    page.get_by_role("button", name=f"Take back the invitation of {email}").click()
    expect(row(page, "Invitations", email)).to_have_count(0)


def test_users_for_platform_administrators(operator: Visit, platform: Platform) -> None:
    email = f"{fresh('kurt')}@example.com"
    platform.user(email, PASSWORD, TENANT, "member")
    operator.go("/admin/users")
    page = operator.page
    dialog = page.get_by_role("dialog")
    page.get_by_role("searchbox", name="Look up an e-mail address").fill(email)
    own = row(page, "Users", email)
    expect(own).to_contain_text("Active")
    expect(page.get_by_role("table", name="Users").get_by_role("row")).to_have_count(2)
    actions = f"Actions of {email}"
    for item, effect in (
        ("Make platform administrator …", "Platform administrator"),
        ("Take the platform rights away …", "User"),
        ("Disable …", "Disabled"),
    ):
        from_menu(page, actions, item)
        dialog.get_by_role("button", name="Do it").click()
        expect(dialog).to_have_count(0)
        expect(own).to_contain_text(effect)
    from_menu(page, actions, "Enable")
    expect(own).to_contain_text("Active")
    from_menu(page, actions, "End all sessions …")
    dialog.get_by_role("button", name="Do it").click()
    expect(page.get_by_text(f"All sessions of {email} are ended")).to_be_visible()
    from_menu(page, actions, "Let set a new password …")
    dialog.get_by_role("button", name="Do it").click()
    link = dialog.get_by_role("group", name="Link").locator("code").inner_text()
    assert link.startswith(f"{platform.url}/reset-password#mrp_")
    dialog.get_by_role("button", name="Done").click()
    # Nobody locks the last administrator out.
    page.get_by_role("searchbox", name="Look up an e-mail address").fill(platform.email)
    from_menu(page, f"Actions of {platform.email}", "Disable …")
    dialog.get_by_role("button", name="Do it").click()
    expect(dialog.get_by_role("alert")).to_be_visible()


def test_somebody_is_invited_to_the_platform(operator: Visit) -> None:
    email = f"{fresh('alonzo')}@example.com"
    operator.go("/admin/users")
    page = operator.page
    dialog = page.get_by_role("dialog")
    page.get_by_role("button", name="Invite", exact=True).click()
    dialog.get_by_label("E-mail").fill(email)
    dialog.get_by_label("Platform administrator").check()
    dialog.get_by_role("button", name="Invite").click()
    dialog.get_by_role("button", name="Done").click()
    expect(row(page, "Invitations", email)).to_contain_text("Platform administrator")


def test_the_audit_log_is_filtered(operator: Visit, platform: Platform) -> None:
    name = fresh("audited")
    platform.tenant(name)
    operator.go("/admin/audit")
    page = operator.page
    log = page.get_by_role("table", name="Tenants and instances")
    expect(log.get_by_role("row").filter(has_text=name)).to_contain_text("tenant.create")
    page.get_by_role("searchbox", name="What", exact=True).fill("tenant.create")
    page.get_by_role("searchbox", name="Of what").fill(f"tenant/{name}")
    expect(log.get_by_role("row")).to_have_count(2)
    page.get_by_label("Until").fill("2020-01-01")
    expect(page.get_by_text("Nothing fits the filters")).to_be_visible()
    page.get_by_role("button", name="Clear the filters").click()
    expect(log.get_by_role("row").filter(has_text=name)).to_be_visible()
    page.get_by_text("Log-ins and members").click()
    log = page.get_by_role("table", name="Log-ins and members")
    expect(log.get_by_role("row").nth(1)).to_be_visible()
    event = log.get_by_role("row").nth(1).get_by_role("cell").nth(2).inner_text().split()[0]
    page.get_by_role("searchbox", name="What", exact=True).fill(event)
    expect(log.get_by_role("row").filter(has_not_text=event)).to_have_count(1)
    operator.check_access()


def test_an_owner_sees_the_own_tenant_alone(person: Visit) -> None:
    person.go("/admin")
    page = person.page
    expect(page.get_by_role("tab", name="Tenant", exact=True)).to_be_visible()
    names = page.get_by_role("tab").all_inner_texts()
    assert names == ["Tenant", "API keys", "Node tokens", "Members", "Audit log"]
    expect(page.get_by_role("table", name=TENANT)).to_contain_text("standard")
    person.picture("admin-owner")
    person.check_access()
    page.get_by_role("button", name="Edit …").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Display name").fill("Acme of old")
    expect(dialog.get_by_label("Plan")).to_have_count(0)
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_role("table", name=TENANT)).to_contain_text("Acme of old")
    # What is not theirs is not there, whatever the address says.
    person.go("/admin/users")
    expect(page.get_by_role("tab", name="Tenant", exact=True)).to_have_attribute(
        "aria-selected", "true"
    )


def test_a_viewer_finds_nothing_to_administer(visit: Visit, platform: Platform) -> None:
    email = f"{fresh('viewer')}@example.com"
    platform.user(email, PASSWORD, TENANT, "viewer")
    visit.log_in(email, PASSWORD)
    visit.go("/admin")
    page = visit.page
    expect(page.get_by_role("heading", name="Admin", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Edit …")).to_have_count(0)
    expect(page.get_by_role("tab", name="Members")).to_have_count(0)
    visit.check_access()


@pytest.mark.parametrize("body", [{"items": 7}, {"items": [{"name": 1}]}, [], None, "text"])
def test_answers_of_a_wrong_shape_show_an_error(operator: Visit, body: Any) -> None:
    page = operator.page
    pattern = re.compile(r"/v1/(plans|tenants|capacity|audit)(\?|$)")
    page.route(pattern, lambda route: route.fulfill(json=body))
    for section in ("tenants", "plans", "audit", "capacity"):
        operator.go(f"/admin/{section}")
        expect(page.get_by_role("alert").first).to_contain_text("unexpected", timeout=SLOW)
        expect(page.get_by_role("navigation")).to_be_visible()
    page.unroute(pattern)
    page.get_by_role("button", name="Try again").first.click()
    expect(page.get_by_role("table", name="All hosts")).to_be_visible()


def test_a_service_that_is_down_and_back(operator: Visit) -> None:
    page = operator.page
    pattern = re.compile(r"/auth/v1/users")
    problem = {"type": "urn:miniredis:problem:unavailable", "title": "It cannot be reached"}
    page.route(
        pattern,
        lambda route: route.fulfill(
            status=503, content_type="application/problem+json", json=problem
        ),
    )
    operator.go("/admin/users")
    panel = page.get_by_role("region", name="Users")
    expect(panel.get_by_role("alert")).to_contain_text("It cannot be reached", timeout=SLOW)
    page.unroute(pattern)
    panel.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("table", name="Users")).to_contain_text(EMAIL)
