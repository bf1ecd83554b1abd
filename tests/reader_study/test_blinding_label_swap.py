"""Proof by replay: studies that differ in nothing but what is hidden give readers the same bytes.

Two studies show the same pictures. Which of them are real, what they are called, what they were asked for by which
prompt, in which order and from where they were imported, is different. A whole reading session is replayed on both,
through every route that readers have, with the same random numbers and a stopped clock. Every response must be equal:
status, headers, body.
"""

import hashlib
import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from django.db import transaction
from django.test import Client

from accounts.models import Workspace
from images.models import ImageSet
from images.services import ItemRow, create_image_set, store_image
from reader_study import chance, services
from reader_study.models import Study
from tests.reader_study import factories
from tests.reader_study.routes import reader_routes

pytestmark = pytest.mark.django_db

N = 8
# Django masks its CSRF token anew in every response; it knows nothing of studies.
CSRF = re.compile(rb'(name="csrfmiddlewaretoken" value="|name="csrf-token" content="|"x-csrftoken": ")[A-Za-z0-9]{64}"')
UNCOMPARED = {"Date", "Set-Cookie"}

Transcript = list[tuple[Any, ...]]


class Replayed:
    """Random numbers from a counter, and a clock that stands still."""

    def __init__(self) -> None:
        self.drawn = 0

    def nonce(self) -> str:
        """The next number's digest."""
        self.drawn += 1
        return hashlib.sha256(str(self.drawn).encode()).hexdigest()

    def token(self) -> str:
        """The next number's digest, as long as a real token."""
        return self.nonce()[:43]

    def now(self) -> datetime:
        """Always the same moment."""
        return datetime(2030, 1, 1, tzinfo=UTC)


def hidden_world(name: str, real: list[int], synthetic: list[int], *, backwards: bool, **options: Any) -> Study:
    """A study of pictures 0 ... 2N - 1 in a workspace of its own; everything said of them depends on `name`."""
    workspace = Workspace.objects.create(name=name, slug=name)
    sets = {
        source: _image_set(workspace, name, source, seeds, backwards)
        for source, seeds in sorted({"real": real, "synthetic": synthetic}.items(), reverse=backwards)
    }
    study = services.build_study(
        workspace=workspace,
        user=None,
        title=f"Secret purpose of {name}",
        real_set=sets["real"],
        synthetic_set=sets["synthetic"],
        n_real=len(real),
        n_synthetic=len(synthetic),
        seed="the same",
        **options,
    )
    services.run_rendition(study.rendition)
    services.lock_study(study=study, user=None, acknowledgement=f"Because of {name}")
    services.open_study(study=study, user=None)
    study.refresh_from_db()
    return study


def _image_set(workspace: Workspace, name: str, source: str, seeds: list[int], backwards: bool) -> ImageSet:
    rows = [
        ItemRow(
            image=store_image(workspace=workspace, pixels=factories.picture(seed)),
            group=f"{name}-{source}-{seed}",
            caption=f"{name} asked for {seed} " * (seed + 1),
            findings=("Effusion",) if source == "real" else (),
            patient=f"{name}-{seed}",
        )
        for seed in sorted(seeds, reverse=backwards)
    ]
    return create_image_set(workspace=workspace, name=f"{source} of {name} {seeds}", source=source, rows=rows)


class Session:
    """A reader's browser that writes down every response, and which routes it has been to."""

    def __init__(self, study: Study) -> None:
        self.study, self.client = study, Client(raise_request_exception=False)
        self.transcript: Transcript = []
        self.visited: set[str] = set()

    def call(self, method: str, path: str, *arguments: Any, **options: Any) -> Any:
        """One request, written down."""
        response = getattr(self.client, method)(path, *arguments, **options)
        body = CSRF.sub(rb'\1"', b"" if response.streaming else response.content)
        headers = tuple(sorted((key, value) for key, value in response.items() if key not in UNCOMPARED))
        self.transcript.append((method, path, response.status_code, headers, body))
        if response.resolver_match:
            self.visited.add(response.resolver_match.view_name)
        return response

    def everything(self, path: str) -> Any:
        """The ways of asking that change nothing, and then GET."""
        for method in ("options", "head", "put", "patch", "delete"):
            self.call(method, path)
        return self.call("get", path)


def read_everything(study: Study) -> Session:
    """A whole session: link, consent, every case with all its frames, mistakes, a pause, the end, the unsealing."""
    browser, address = Session(study), f"/read/{study.token}/"
    invitation = services.invite_reader(study=study, user=None)
    browser.call("get", "/r/nothing/")
    browser.everything(address)
    browser.call("get", invitation.path)
    browser.everything(address + "session")
    browser.everything(address)
    browser.call("post", address + "consent/", {})
    browser.call("post", address + "consent/", {"consent": "on"})
    browser.everything(address)
    _read_cases(browser, address)
    browser.call("get", address)
    browser.call("get", "/")
    for change in (services.close_study, services.unseal_study):
        change(study=study, user=None)
        for path in ("", "session"):
            browser.everything(address + path)
    return browser


def _read_cases(browser: Session, address: str) -> None:
    for number in range(1000):
        told = browser.call("get", address + "session").json()
        if told["current"] is None:
            break
        offered = [told["current"]["token"], *told["next"], *(place["token"] for place in told["previous"])]
        for token in [*offered, "nothing"]:
            browser.call("get", address + f"frames/{token}")
        if number == 3:
            _make_mistakes(browser, address, offered)
        _answer(browser, address, told["current"]["token"], number)


def _make_mistakes(browser: Session, address: str, offered: list[str]) -> None:
    browser.everything(address + f"frames/{offered[0]}")
    browser.everything(address + "answers")
    browser.call("post", address + "answers", b"{", content_type="application/json")
    _answer(browser, address, "nothing", 0)
    services.pause_study(study=browser.study, user=None)
    browser.everything(address + "session")
    browser.everything(address)
    _answer(browser, address, offered[0], 0)
    services.open_study(study=browser.study, user=None)


def _answer(browser: Session, address: str, token: str, number: int) -> None:
    key = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{token}-{number}"))
    event = {**factories.event(token, source=number % 6 + 1), "key": key}
    browser.call("post", address + "answers", {"events": [event]}, content_type="application/json")


def replay(build: Callable[[], Study]) -> Session:
    """Build a study, read it, and leave no trace of either, so that the next one gets the same random numbers."""
    with transaction.atomic():
        with chance.replaced_by(Replayed()):
            session = read_everything(build())
        transaction.set_rollback(True)
    return session


FIRST, SECOND = list(range(N)), list(range(N, 2 * N))


@pytest.fixture(scope="module")
def labels_by_chance() -> tuple[list[int], list[int]]:
    mixed = np.random.default_rng(7).permutation(2 * N).tolist()
    return mixed[:N], mixed[N:]


def assert_alike(one: Session, other: Session) -> None:
    for mine, theirs in zip(one.transcript, other.transcript):
        assert mine[:-1] == theirs[:-1]
        assert mine[-1].splitlines() == theirs[-1].splitlines()
        assert mine == theirs
    assert len(one.transcript) == len(other.transcript) > 10 * N


def test_real_and_synthetic_exchanged_give_the_same_bytes() -> None:
    one = replay(lambda: hidden_world("alpha", FIRST, SECOND, backwards=False))
    other = replay(lambda: hidden_world("omega-with-a-longer-name", SECOND, FIRST, backwards=True))
    assert_alike(one, other)
    assert {route.name for route in reader_routes()} <= one.visited


def test_any_other_labels_give_the_same_bytes_where_no_run_limit_is_set(
    labels_by_chance: tuple[list[int], list[int]],
) -> None:
    # A limit on runs is a property of the order that depends on the labels; without it nothing does.
    one = replay(lambda: hidden_world("alpha", FIRST, SECOND, backwards=False, max_run=0, match=False))
    other = replay(lambda: hidden_world("omega", *labels_by_chance, backwards=True, max_run=0, match=False))
    assert_alike(one, other)


def test_replay_would_see_a_difference() -> None:
    one = replay(lambda: hidden_world("alpha", FIRST, SECOND, backwards=False))
    other = replay(lambda: hidden_world("alpha", FIRST, [*SECOND[:-1], 999], backwards=False))
    assert one.transcript != other.transcript
