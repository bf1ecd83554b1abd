"""Simulated readers: programs that come in by a personal link and judge by what a reader receives, and nothing else."""

import http.cookiejar
import json
import re
import urllib.parse
import urllib.request
import uuid
from dataclasses import dataclass
from typing import Any

import numpy as np

# A six-point answer beyond 3.5 calls the picture synthetic.
POINTS = 6


@dataclass
class Eye:
    """How a simulated reader sees: the fine texture of the picture, plus chance.

    Generated pictures are smoother than drawn ones, so the call leans on the energy of the gradient, compared with what this
    reader has seen so far. `skill` weighs texture against chance (0 is guessing).
    """

    skill: float
    seed: int

    def __post_init__(self) -> None:
        self._chance = np.random.default_rng(self.seed)
        self._seen: list[float] = []

    def answer(self, picture: np.ndarray[Any, Any], questions: list[dict[str, Any]]) -> dict[str, int]:
        """An answer to every question: by the grey levels for source and realism, by chance for anything else."""
        seen = self.judge(picture)
        for asked in questions:
            if asked["slug"] not in seen:
                seen[asked["slug"]] = int(self._chance.choice([choice["value"] for choice in asked["choices"]]))
        return {asked["slug"]: seen[asked["slug"]] for asked in questions}

    def judge(self, picture: np.ndarray[Any, Any]) -> dict[str, int]:
        """Answers to the two questions, from the grey levels alone."""
        grey = picture.astype(np.float64)
        texture = float(np.log1p(np.abs(np.diff(grey, axis=0)).mean() + np.abs(np.diff(grey, axis=1)).mean()))
        self._seen.append(texture)
        spread = float(np.std(self._seen)) or 1.0
        smooth = (float(np.median(self._seen)) - texture) / spread
        suspicion = self.skill * smooth + float(self._chance.normal())
        confidence = int(np.clip(round((POINTS + 1) / 2 + 1.3 * suspicion), 1, POINTS))
        realism = int(np.clip(round(3 - 0.8 * suspicion + float(self._chance.normal(0, 0.6))), 1, 5))
        return {"source_confidence": confidence, "realism": realism}


class SimulatedReader:
    """One reader with a browser's manners: cookies, CSRF token, one case after the other."""

    def __init__(self, base: str, eye: Eye) -> None:
        self.base = base
        self.eye = eye
        self._cookies = http.cookiejar.CookieJar()
        self._open = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._cookies)).open

    def read_study(self, link: str) -> int:
        """Follow the personal link, consent, and read until nothing is left; returns how many readings were stored."""
        page, address = self._get(link)
        if 'name="consent"' in page:
            page, address = self._consent(page, address)
        root = re.search(r'<[^>]+id="reading"[^>]*>', page)
        if root is None:
            raise RuntimeError("The reading page did not open for a simulated reader.")
        urls = dict(re.findall(r'data-(\w+)-url="([^"]+)"', root.group(0)))
        session = json.loads(self._opened(urllib.parse.urljoin(address, urls["session"])))
        stored = 0
        while session["current"]:
            session = self._read_case(session, {name: urllib.parse.urljoin(address, url) for name, url in urls.items()})
            stored += 1
        return stored

    def _read_case(self, session: dict[str, Any], urls: dict[str, str]) -> dict[str, Any]:
        token, frame = session["current"]["token"], session["frame"]
        depth = np.dtype("<u1" if frame["bits"] == 8 else "<u2")
        picture = np.frombuffer(self._opened(urls["frames"] + token), depth).reshape(frame["height"], frame["width"])
        active = int(3_000 + 9_000 * self.eye._chance.random())
        event = {
            "key": str(uuid.uuid4()),
            "token": token,
            "answers": self.eye.answer(picture, session["questions"]),
            "active_ms": active,
            "total_ms": active + 400,
            "first_paint_ms": 20,
            "window": {},
            "tools": {},
        }
        answer = json.loads(self._post(urls["answers"], json.dumps({"events": [event]}).encode(), "application/json"))
        if answer["stored"] != [event["key"]]:
            raise RuntimeError("An answer of a simulated reader was not stored.")
        return dict(answer["session"])

    def _consent(self, page: str, address: str) -> tuple[str, str]:
        action = re.search(r'<form[^>]*action="([^"]*)"', page)
        target = urllib.parse.urljoin(address, action.group(1) if action else address)
        self._post(target, b"consent=on", "application/x-www-form-urlencoded")
        return self._get(address)

    def _get(self, url: str) -> tuple[str, str]:
        with self._open(url) as response:
            return response.read().decode(), response.geturl()

    def _post(self, url: str, body: bytes, content_type: str) -> bytes:
        token = next((cookie.value for cookie in self._cookies if cookie.name == "csrftoken"), "") or ""
        headers = {"Content-Type": content_type, "X-CSRFToken": token, "Referer": url}
        return self._opened(urllib.request.Request(url, data=body, headers=headers))  # noqa: S310  our own address

    def _opened(self, request: str | urllib.request.Request) -> bytes:
        with self._open(request) as response:
            return bytes(response.read())
