"""Pages about people, as a manager, a colleague without the right, a manager of another workspace, a reader, a stranger."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone
from knox.models import AuthToken

from accounts.models import MemberInvitation, Membership, User, Workspace
from accounts.policy import Role
from audit.models import Event

pytestmark = pytest.mark.django_db

MANAGER_PAGES = ["/members/", "/audit/"]
OWN_PAGES = ["/accounts/profile/", "/accounts/2fa/", "/accounts/password/change/", "/api/docs/"]


@pytest.fixture
def as_manager(client: Client, manager: User) -> Client:
    client.force_login(manager)
    return client


def invite(client: Client, role: str = "researcher", note: str = "Dr Tanaka") -> str:
    """The path of a fresh invitation."""
    page = client.post("/members/invitations/", {"role": role, "note": note})
    assert page.status_code == 200
    return str(page.context["link"]).removeprefix("http://testserver")


@pytest.mark.parametrize("path", MANAGER_PAGES)
def test_managers_see_their_pages(as_manager: Client, path: str) -> None:
    assert as_manager.get(path).status_code == 200


@pytest.mark.parametrize("path", MANAGER_PAGES)
@pytest.mark.parametrize("who", ["researcher", "coordinator", "statistician", "reader_user"])
def test_others_find_nothing_there(client: Client, request: pytest.FixtureRequest, who: str, path: str) -> None:
    client.force_login(request.getfixturevalue(who))
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("path", [*MANAGER_PAGES, *OWN_PAGES, "/accounts/tokens/"])
def test_strangers_are_asked_to_sign_in(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/?next=")


@pytest.mark.parametrize("path", OWN_PAGES)
@pytest.mark.parametrize("who", ["manager", "statistician", "reader_user"])
def test_everybody_has_their_own_pages(client: Client, request: pytest.FixtureRequest, who: str, path: str) -> None:
    client.force_login(request.getfixturevalue(who))
    # Some of them ask for the password again first.
    assert client.get(path, follow=True).status_code == 200


@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/password/reset/", "/accounts/signup/"])
def test_the_entrance_is_open(client: Client, path: str) -> None:
    page = client.get(path)
    assert page.status_code == 200
    assert 'class="entrance"' in page.content.decode()


def test_signing_in_and_out(client: Client, manager: User) -> None:
    words = {"login": manager.username, "password": "not the password"}
    page = client.post("/accounts/login/", words)
    assert page.status_code == 200
    assert manager.username in page.content.decode()  # what was typed is kept
    assert "errorlist" in page.content.decode()
    answer = client.post("/accounts/login/", {**words, "password": "a long enough password"})
    assert (answer.status_code, answer["Location"]) == (302, "/")
    client.post("/accounts/logout/")
    assert client.get("/accounts/profile/").status_code == 302


def test_the_navigation_follows_from_the_role(client: Client, statistician: User) -> None:
    client.force_login(statistician)
    html = client.get("/accounts/profile/").content.decode()
    assert 'href="/score-cards/"' in html
    assert 'href="/checkpoints/"' not in html
    assert 'href="/members/"' not in html


def test_readers_have_no_navigation(client: Client, reader_user: User, workspace: Workspace) -> None:
    client.force_login(reader_user)
    for path in ("/accounts/2fa/", "/accounts/profile/", "/no/such/thing/"):
        html = client.get(path).content.decode()
        assert 'class="places"' not in html
        assert workspace.name not in html


def test_a_link_makes_an_account_and_a_member_once(as_manager: Client, workspace: Workspace) -> None:
    link = invite(as_manager, role="statistician")
    guest = Client()
    page = guest.get(link)
    assert page.status_code == 200
    assert workspace.name in page.content.decode()
    person = {"username": "tanaka", "first_name": "Haruki", "last_name": "Tanaka", "email": ""}
    answer = guest.post(link, {**person, "password": "lungs and hearts 17"})
    assert (answer.status_code, answer["Location"]) == (302, "/")
    member = Membership.objects.get(user__username="tanaka")
    assert (member.workspace, member.role) == (workspace, Role.STATISTICIAN)
    assert guest.get("/accounts/profile/").status_code == 200  # signed in
    assert Client().get(link).status_code == 410
    assert Event.objects.filter(action="members.join", actor=member.user).exists()


def test_a_weak_password_is_refused_beside_its_field(as_manager: Client) -> None:
    link = invite(as_manager)
    page = Client().post(link, {"username": "tanaka", "password": "tanaka"})
    assert page.status_code == 200
    assert "password" in page.context["form"].errors
    assert 'value="tanaka"' in page.content.decode()
    assert not User.objects.filter(username="tanaka").exists()
    assert MemberInvitation.objects.usable().count() == 1


def test_somebody_with_an_account_joins_with_it(as_manager: Client, stranger: User, workspace: Workspace) -> None:
    link = invite(as_manager, role="coordinator")
    guest = Client()
    guest.force_login(stranger)
    assert guest.post(link).status_code == 302
    assert stranger.memberships.get(workspace=workspace).role == Role.COORDINATOR


def test_a_member_cannot_use_up_a_link(as_manager: Client, researcher: User, workspace: Workspace) -> None:
    link = invite(as_manager, role="manager")
    colleague = Client()
    colleague.force_login(researcher)
    page = colleague.post(link, follow=True)
    assert "already" in page.content.decode()
    assert researcher.memberships.get(workspace=workspace).role == Role.RESEARCHER
    assert MemberInvitation.objects.usable().count() == 1


def test_revoked_expired_and_invented_links_say_so(as_manager: Client) -> None:
    revoked, expired = invite(as_manager), invite(as_manager)
    newest, oldest = MemberInvitation.objects.order_by("-created_at")
    MemberInvitation.objects.filter(pk=newest.pk).update(expires_at=timezone.now())
    assert as_manager.post(f"/members/invitations/{oldest.pk}/revocation/").status_code == 302
    for link in (revoked, expired, "/members/join/invented/"):
        page = Client().get(link)
        assert page.status_code == 410
        assert "no longer valid" in page.content.decode()


def test_the_secret_is_neither_stored_nor_shown_again(as_manager: Client) -> None:
    secret = invite(as_manager).split("/")[-2]
    assert secret not in as_manager.get("/members/").content.decode()
    row = MemberInvitation.objects.get()
    assert secret not in str(row.__dict__)
    assert secret not in str(Event.objects.values())


def test_nobody_is_invited_as_a_reader_here(as_manager: Client) -> None:
    page = as_manager.post("/members/invitations/", {"role": "reader"})
    assert "role" in page.context["form"].errors
    assert not MemberInvitation.objects.exists()


def test_roles_change_and_are_logged(as_manager: Client, researcher: User) -> None:
    member = researcher.memberships.get()
    as_manager.post(f"/members/{member.pk}/role/", {"role": "coordinator"})
    member.refresh_from_db()
    assert member.role == Role.COORDINATOR
    event = Event.objects.get(action="members.change_role")
    assert event.details == {"before": "researcher", "after": "coordinator"}


def test_readers_are_kept_with_their_studies(as_manager: Client, reader_user: User) -> None:
    member = reader_user.memberships.get()
    assert reader_user.username not in as_manager.get("/members/").content.decode()
    assert as_manager.post(f"/members/{member.pk}/role/", {"role": "manager"}).status_code == 404
    assert as_manager.post(f"/members/{member.pk}/removal/").status_code == 404


def test_the_last_manager_stays(as_manager: Client, manager: User) -> None:
    member = manager.memberships.get()
    for path, data in [("role", {"role": "researcher"}), ("removal", {})]:
        page = as_manager.post(f"/members/{member.pk}/{path}/", data, follow=True)
        assert "needs a manager" in page.content.decode()
    assert manager.memberships.get().role == Role.MANAGER
    assert not Event.objects.filter(action__startswith="members.").exists()


def test_removing_asks_first(as_manager: Client, researcher: User) -> None:
    member = researcher.memberships.get()
    assert "lose access" in as_manager.get(f"/members/{member.pk}/removal/").content.decode()
    assert researcher.memberships.exists()
    as_manager.post(f"/members/{member.pk}/removal/")
    assert not researcher.memberships.exists()


def test_members_of_another_workspace_are_out_of_reach(as_manager: Client, stranger: User) -> None:
    member = stranger.memberships.get()
    assert as_manager.post(f"/members/{member.pk}/role/", {"role": "reader"}).status_code == 404
    assert as_manager.post(f"/members/{member.pk}/removal/").status_code == 404
    html = as_manager.get("/members/").content.decode()
    assert stranger.username not in html


def test_one_chooses_among_ones_own_workspaces(
    client: Client, member: Callable[..., User], workspace: Workspace, other_workspace: Workspace
) -> None:
    user = member(Role.MANAGER)
    client.force_login(user)
    assert client.post("/accounts/workspace/", {"workspace": other_workspace.slug}).status_code == 404
    Membership.objects.create(user=user, workspace=other_workspace, role=Role.MANAGER)
    assert client.post("/accounts/workspace/", {"workspace": other_workspace.slug}).status_code == 302
    assert f"Members of {other_workspace.name}" in client.get("/members/").content.decode()


def test_the_profile_keeps_what_was_typed_and_says_what_is_wrong(client: Client, reader_user: User) -> None:
    client.force_login(reader_user)
    page = client.post("/accounts/profile/", {"first_name": "Ruth", "last_name": "", "email": "not an address"})
    html = page.content.decode()
    assert 'value="Ruth"' in html
    assert 'value="not an address"' in html
    assert "errorlist" in html
    client.post("/accounts/profile/", {"first_name": "Ruth", "last_name": "K", "email": ""})
    reader_user.refresh_from_db()
    assert reader_user.display_name == "Ruth K"


def test_a_token_is_shown_once_and_works_until_it_is_revoked(client: Client, researcher: User) -> None:
    client.force_login(researcher)
    page = client.post("/accounts/tokens/", {"days": "30"})
    token = page.context["fresh"]
    assert token in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    assert token not in client.get("/accounts/tokens/").content.decode()
    row = AuthToken.objects.get(user=researcher)
    assert token not in (row.digest, row.token_key)
    assert client.post(f"/accounts/tokens/{row.token_key}/revocation/").status_code == 302
    assert not AuthToken.objects.exists()


def test_tokens_of_others_are_out_of_reach(client: Client, researcher: User, stranger: User) -> None:
    row, _ = AuthToken.objects.create(stranger)
    client.force_login(researcher)
    assert row.token_key[:8] not in client.get("/accounts/tokens/").content.decode()
    assert client.post(f"/accounts/tokens/{row.token_key}/revocation/").status_code == 404
    assert AuthToken.objects.count() == 1


def test_readers_have_no_tokens(client: Client, reader_user: User) -> None:
    client.force_login(reader_user)
    assert client.get("/accounts/tokens/").status_code == 404
    assert client.post("/accounts/tokens/", {"days": "30"}).status_code == 404
    assert not AuthToken.objects.exists()


def test_unknown_addresses_get_the_house_s_own_page(client: Client) -> None:
    page = client.get("/no/such/thing/")
    assert page.status_code == 404
    assert "Nothing here" in page.content.decode()
