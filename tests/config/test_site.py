"""The site as a whole: what it loads, what it lets in, what it says when something is wrong."""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from config.database import database_from_url
from config.env import env_bool, env_int

ROOT = Path(__file__).resolve().parents[2]
# Addresses that a visitor without a sign-in may call, and why.
OPEN = {
    "accounts/login/": "signing in",
    "accounts/logout/": "harmless",
    "accounts/signup/": "says that it is closed",
    "accounts/inactive/": "says that an account is off",
    "accounts/password/reset/": "asks for a mail",
    "accounts/password/reset/done/": "says that a mail was sent",
    "accounts/password/reset/key/<uidb36>-<key>/": "carries its own secret",
    "accounts/password/reset/key/done/": "says that it worked",
    "accounts/confirm-email/": "says that a mail was sent",
    "accounts/confirm-email/<key>/": "carries its own secret",
    "accounts/2fa/authenticate/": "second step of signing in",
    "accounts/login/code/confirm/": "second step of signing in",
    "accounts/3rdparty/login/cancelled/": "single sign-on",
    "accounts/3rdparty/login/error/": "single sign-on",
    "accounts/3rdparty/signup/": "single sign-on",
    "accounts/oidc/<provider_id>/login/": "single sign-on",
    "accounts/oidc/<provider_id>/login/callback/": "single sign-on",
    "health/": "for a load balancer; says only whether the parts answer",
    "r/<secret>/": "a reader's personal link",
    "members/join/<secret>/": "a member's personal link",
    "demo/sign-in/<token>/": "the demonstration's ready-made links; absent elsewhere",
}


def addresses(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in resolver.url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern, route)
        else:
            yield route, pattern


def filled(route: str) -> str:
    """An address with something plausible in every gap."""
    import re

    route = re.sub(r"\(\?P<\w+>[^)]*\)", str(uuid4()), route.replace("^", "").replace("$", "").replace("\\Z", ""))
    route = route.replace("\\.", ".").replace("\\-", "-")
    return re.sub(
        r"<(?:(\w+):)?\w+>", lambda gap: {"uuid": str(uuid4()), "int": "1"}.get(gap.group(1) or "", "x1"), route
    )


def shape(route: str) -> str:
    import re

    route = re.sub(r"<(?:\w+:)?(\w+)>", r"<\1>", route)
    route = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<\1>", route)
    return route.replace("^", "").replace("$", "").replace("\\Z", "").replace("\\-", "-")


def test_a_visitor_without_sign_in_sees_nothing(client: Client, db: None) -> None:
    open_doors = {}
    for route, _ in addresses(get_resolver()):
        if shape(route) in OPEN or route.startswith("accounts/social/"):  # redirects to accounts/3rdparty/
            continue
        response = client.get("/" + filled(route))
        to_login = response.status_code == 302 and response["Location"].startswith("/accounts/login/")
        if not to_login and response.status_code not in (401, 403, 404, 405):
            open_doors[route] = response.status_code
    assert open_doors == {}


def test_the_web_process_never_loads_torch() -> None:
    code = (
        "import sys, config.wsgi\n"
        "from django.urls import get_resolver\n"
        "get_resolver().url_patterns\n"
        "from evaluation.weights import extractor_choices\n"
        "extractor_choices()\n"
        "heavy = sorted({'torch', 'diffusers', 'transformers', 'torchxrayvision'} & set(sys.modules))\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run(
        [sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'platform'}"}
    )


def test_pages_carry_the_strict_policy(client: Client, db: None) -> None:
    response = client.get("/accounts/login/")
    policy = response["Content-Security-Policy"]
    assert "default-src 'self'" in policy and "unsafe" not in policy
    assert response["Referrer-Policy"] == "same-origin"
    assert response["X-Frame-Options"] == "DENY"
    assert response["X-Content-Type-Options"] == "nosniff"


def test_nobody_signs_up_by_themselves(client: Client, db: None) -> None:
    client.post("/accounts/signup/", {"username": "eve", "password1": "long enough 1", "password2": "long enough 1"})
    from accounts.models import User

    assert not User.objects.exists()


def test_api_errors_are_problem_documents(client: Client, db: None) -> None:
    response = client.get("/api/v1/image-sets/")
    assert response.status_code == 401
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["title"] == "Unauthorized"


def test_health_says_whether_the_parts_answer(client: Client, db: None) -> None:
    def ask() -> int:
        try:
            return client.get("/health/?format=json").status_code
        finally:
            connection.close()

    # In a thread of its own: the view is asynchronous, and browser tests leave an event loop running in this one.
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(ask).result() == 200


@pytest.mark.parametrize(
    ("url", "host", "name"),
    [
        ("postgresql://postgres@/negatoscope?host=/run/postgres", "/run/postgres", "negatoscope"),
        ("postgres://u:p%40ss@db.example:5433/n", "db.example", "n"),
    ],
)
def test_database_urls(url: str, host: str, name: str) -> None:
    database = database_from_url(url)
    assert (database["HOST"], database["NAME"]) == (host, name)
    assert database["PASSWORD"] == ("p@ss" if "p%40ss" in url else "")


def test_a_bad_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS", "maybe")
    monkeypatch.setenv("PORT", "eighty")
    with pytest.raises(ImproperlyConfigured, match="HTTPS must be 1 or 0"):
        env_bool("HTTPS")
    with pytest.raises(ImproperlyConfigured, match="PORT must be a whole number"):
        env_int("PORT", 8000)
    with pytest.raises(ImproperlyConfigured, match="must start with postgresql"):
        database_from_url("mysql://localhost/x")
