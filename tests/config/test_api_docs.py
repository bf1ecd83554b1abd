"""The page of the programming interface says everything that the schema says."""

import pytest
from django.test import Client

from accounts.models import User
from config.api_docs import sections

pytestmark = pytest.mark.django_db


def test_every_operation_of_the_schema_is_on_the_page(client: Client, researcher: User) -> None:
    client.force_login(researcher)
    html = client.get("/api/docs/").content.decode()
    schema = client.get("/api/schema.json").json()
    operations = [(path, method) for path, methods in schema["paths"].items() for method in methods]
    assert operations
    listed = [(item.path, item.method) for section in sections() for item in section.operations]
    assert sorted(listed) == sorted(operations)
    assert all(f"<code>{path}</code>" in html for path, _ in operations)


def test_what_a_call_takes_is_named_and_typed(client: Client, researcher: User) -> None:
    client.force_login(researcher)
    [start] = [
        item
        for section in sections()
        for item in section.operations
        if (item.method, item.path) == ("post", "/api/v1/generation-runs/")
    ]
    assert start.fields
    assert all(row["name"] and row["type"] and row["type"] != "any" for row in start.fields)


def test_the_page_needs_nothing_from_elsewhere(client: Client, researcher: User) -> None:
    client.force_login(researcher)
    page = client.get("/api/docs/")
    html = page.content.decode()
    assert "cdn" not in html
    assert 'src="http' not in html
    assert "default-src 'self'" in page["Content-Security-Policy"]
