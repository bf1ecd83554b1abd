"""What can be set, called or run is written down."""

import re
from pathlib import Path

from django.core.management import get_commands

ROOT = Path(__file__).resolve().parents[1]
OURS = {"accounts", "audit", "config", "evaluation", "generation", "images", "jobs", "reader_study"}


def all_docs() -> str:
    return "\n".join(path.read_text() for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))])


def test_every_setting_is_documented() -> None:
    source = (ROOT / "platform/config/settings.py").read_text() + (ROOT / "platform/config/env.py").read_text()
    names = set(re.findall(r'env_(?:str|bool|int|list|paths)\("(\w+)"', source))
    documented = (ROOT / "docs/settings.md").read_text()
    assert names and {name for name in names if f"`{name}`" not in documented} == set()


def test_every_command_is_documented() -> None:
    commands = {name for name, app in get_commands().items() if app in OURS}
    docs = all_docs()
    assert commands and {name for name in commands if f"manage.py {name}" not in docs} == set()


def test_every_endpoint_is_documented() -> None:
    from config.api import router

    documented = (ROOT / "docs/api.md").read_text()
    prefixes = [prefix for prefix, _, _ in router.registry]
    assert prefixes and [prefix for prefix in prefixes if f"`{prefix}`" not in documented] == []
    actions = {action.url_path for _, viewset, _ in router.registry for action in viewset.get_extra_actions()}
    assert {action for action in actions if f"`{action}/`" not in documented} == set()


def test_links_between_docs_lead_somewhere() -> None:
    broken = []
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
            if not (page.parent / target).exists():
                broken.append(f"{page.relative_to(ROOT)}: {target}")
    assert broken == []
