"""Parts that are tested by themselves: the clock, and the size of the whole."""

from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

from tests.browser.room import Room

VIEWER = ("frame", "resample", "window", "view", "gestures", "keys", "clock")

CLOCK = """
async () => {
  const { Clock } = await import("/static/reading/clock.js");
  let now = 0;
  const clock = new Clock(() => now);
  clock.start({ active_ms: 500, total_ms: 700 });
  const at = (time, name) => { now = time; name && dispatchEvent(new Event(name)); return clock.read(); };
  const looking = at(100_000);
  const idle = at(400_000);
  const back = at(410_000, "pointermove");
  const later = at(420_000);
  Object.defineProperty(document, "hasFocus", { value: () => false, configurable: true });
  at(421_000, "blur");
  const away = at(430_000);
  delete document.hasFocus;
  at(440_000, "focus");
  return [looking, idle, back, later, away, at(441_000)].map(({ active_ms, total_ms }) => [active_ms, total_ms]);
}
"""


@pytest.mark.browser
def test_active_time_stops_when_idle_or_away_and_goes_on_after(room: Room) -> None:
    assert room.page.evaluate(CLOCK) == [
        [100_500, 100_700],  # looking without touching anything is reading
        [120_500, 400_700],  # for two minutes
        [120_500, 410_700],
        [130_500, 420_700],
        [131_500, 430_700],
        [132_500, 441_700],
    ]


def test_the_viewer_stays_small() -> None:
    folder = Path(str(finders.find("reading")))
    lines = {path.stem: len(path.read_text().splitlines()) for path in folder.glob("*.js")}
    assert max(lines.values()) <= 150
    assert sum(lines[name] for name in VIEWER) <= 600
    assert max(len(line) for path in folder.glob("*.js") for line in path.read_text().splitlines()) <= 130
