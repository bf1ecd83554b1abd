"""What every test may ask for."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from accounts.models import Membership, User, Workspace
from accounts.policy import Role

# A busy machine draws slowly: that is no fault of what is tested.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

ROOT = Path(__file__).resolve().parents[1]

# pytest-playwright keeps an event loop running in the thread of the tests, and Django then refuses database calls.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real radiographs and reference statistics that lies beside the checkout on some machines."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.exists():
        pytest.skip("the real data are not on this machine (expected in ../shared/data)")
    return folder


@pytest.fixture(autouse=True)
def storage_in_a_folder_of_its_own(settings: object, tmp_path: Path) -> None:
    """Every test writes its files into its own folder."""
    from django.conf import settings as django_settings

    storages = {**django_settings.STORAGES}
    storages["default"] = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(tmp_path / "storage"), "base_url": None},
    }
    settings.STORAGES = storages  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def passwords_hashed_quickly(settings: object) -> None:
    """A slow hash protects people; here it would only slow the tests."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # type: ignore[attr-defined]


@pytest.fixture
def workspace(db: None) -> Workspace:
    """The workspace that the members below belong to."""
    return Workspace.objects.create(name="Alpha", slug="alpha")


@pytest.fixture
def other_workspace(db: None) -> Workspace:
    """Another team's workspace."""
    return Workspace.objects.create(name="Beta", slug="beta")


@pytest.fixture
def member(db: None, workspace: Workspace) -> Callable[..., User]:
    """`member("researcher")`, or `member(Role.MANAGER, workspace=...)`: a new user with that role."""

    def make(role: str | Role, *, workspace: Workspace = workspace, username: str = "") -> User:
        name = username or f"{role}-{User.objects.count() + 1}"
        user = User.objects.create_user(username=name, password="a long enough password")
        Membership.objects.create(user=user, workspace=workspace, role=Role(role))
        return user

    return make


@pytest.fixture
def manager(member: Callable[..., User]) -> User:
    """A manager of the workspace."""
    return member(Role.MANAGER)


@pytest.fixture
def researcher(member: Callable[..., User]) -> User:
    """A researcher of the workspace."""
    return member(Role.RESEARCHER)


@pytest.fixture
def coordinator(member: Callable[..., User]) -> User:
    """A coordinator of the workspace."""
    return member(Role.COORDINATOR)


@pytest.fixture
def statistician(member: Callable[..., User]) -> User:
    """A statistician of the workspace."""
    return member(Role.STATISTICIAN)


@pytest.fixture
def reader_user(member: Callable[..., User]) -> User:
    """A person who only reads."""
    return member(Role.READER)


@pytest.fixture
def stranger(member: Callable[..., User], other_workspace: Workspace) -> User:
    """A manager of another workspace."""
    return member(Role.MANAGER, workspace=other_workspace)
