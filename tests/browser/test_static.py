"""The modules as they are served outside of tests: under hashed names."""

import re
from pathlib import Path
from typing import Any

from django.core.management import call_command


def test_every_module_imports_others_by_their_hashed_names(settings: Any, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "config.storage.ModuleManifestStorage"}}
    call_command("collectstatic", interactive=False, verbosity=0)
    [entry] = tmp_path.glob("reading/reading.*.js")
    seen: set[str] = set()
    waiting = [entry.name]
    while waiting:
        name = waiting.pop()
        seen.add(name)
        assert re.fullmatch(r"\w+\.[0-9a-f]{12}\.js", name)
        waiting += set(re.findall(r'from "\./([^"]+)"', (tmp_path / "reading" / name).read_text())) - seen
    assert {name.split(".")[0] for name in seen} == {
        path.stem for path in tmp_path.glob("reading/[a-z]*.js") if "." not in path.stem
    }
