"""A small real HTTP server with the reader's contract, whose faults a test can order: delays, lost replies, sign-outs.

It serves the real template and the real static files; only the study behind them is a list of arrays.
"""

import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string

CONTENT_SECURITY_POLICY = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'self'"
CONFIDENCE = [
    "Definitely real",
    "Probably real",
    "Possibly real",
    "Possibly synthetic",
    "Probably synthetic",
    "Definitely synthetic",
]
REALISM = ["Not at all realistic", "Slightly realistic", "Moderately realistic", "Very realistic", "Entirely realistic"]


def question(slug: str, text: str, labels: list[str]) -> dict[str, Any]:
    """A choice question whose values and keys count from 1."""
    choices = [{"value": value, "label": label} for value, label in enumerate(labels, start=1)]
    return {
        "slug": slug,
        "text": text,
        "kind": "choice",
        "choices": choices,
        "keys": [str(choice["value"]) for choice in choices],
    }


QUESTIONS = [
    question("source_confidence", "Is this radiograph real or synthetic?", CONFIDENCE),
    question("realism", "How realistic does it look?", REALISM),
]


@dataclass
class Study:
    """Frames in reading order (all of one shape and type), what was answered, and the faults to come.

    `posts` holds how many events each delivery brought.
    """

    frames: list[np.ndarray]
    window: dict[str, float]
    questions: list[dict[str, Any]] = field(default_factory=lambda: QUESTIONS)
    events: list[dict[str, Any]] = field(default_factory=list)
    frame_delay: float = 0
    lose_replies: int = 0
    signed_out: bool = False
    state: str = "open"
    posts: list[int] = field(default_factory=list)

    @property
    def tokens(self) -> list[str]:
        """One opaque token for every position."""
        return [f"case{position:04d}" for position in range(len(self.frames))]

    @property
    def answered(self) -> int:
        """How many cases have an answer: they are answered in order."""
        return len({event["token"] for event in self.events})

    def session(self) -> dict[str, Any]:
        """What the reader's page is told."""
        at, tokens = self.answered, self.tokens
        height, width = self.frames[0].shape
        place = [{"token": token, "position": position} for position, token in enumerate(tokens)]
        return {
            "reader": "R01",
            "state": self.state,
            "total": len(tokens),
            "answered": at,
            "frame": {"width": width, "height": height, "bits": self.frames[0].itemsize * 8},
            "window": self.window,
            "questions": self.questions,
            "current": place[at] if at < len(tokens) else None,
            "next": tokens[at + 1 : at + 3],
            "previous": place[max(0, at - 1) : at],
        }

    def frame(self, token: str) -> bytes | None:
        """The bytes of a frame that may be seen now."""
        at = self.answered
        if token not in self.tokens[max(0, at - 1) : at + 3]:
            return None
        return self.frames[self.tokens.index(token)].tobytes()

    def store(self, events: list[dict[str, Any]]) -> list[str]:
        """Keep each key once; the keys that are kept now."""
        known = {event["key"] for event in self.events}
        self.events += [event for event in events if event["key"] not in known]
        return [event["key"] for event in events]


class Handler(BaseHTTPRequestHandler):
    """The routes of the contract."""

    study: Study
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        """Stay quiet."""

    def reply(self, body: bytes, kind: str, status: int = 200) -> None:
        """One complete response."""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        self.send_header("Cache-Control", "private, no-store, no-transform")
        self.end_headers()
        self.wfile.write(body)

    def reply_json(self, value: object, status: int = 200) -> None:
        """The value as JSON."""
        self.reply(json.dumps(value).encode(), "application/json", status)

    def do_GET(self) -> None:
        """The page, its files, the session and the frames."""
        path = self.path
        if path == "/read/study/":
            self.reply(page(self.study).encode(), "text/html; charset=utf-8")
        elif path.startswith("/static/"):
            self.static(path.removeprefix("/static/"))
        elif self.study.signed_out:
            self.reply_json({"status": 403}, 403)
        elif path == "/read/study/session":
            self.reply_json(self.study.session())
        else:
            self.frame(path.removeprefix("/read/study/frames/"))

    def static(self, name: str) -> None:
        """A file of static/."""
        kinds = {".js": "text/javascript", ".css": "text/css"}
        file = Path(str(finders.find(name)))
        self.reply(file.read_bytes(), kinds[file.suffix])

    def frame(self, token: str) -> None:
        """A raw frame, late if it was ordered so."""
        time.sleep(self.study.frame_delay)
        body = self.study.frame(token)
        if body is None:
            self.reply_json({"status": 404}, 404)
        else:
            self.reply(body, "application/octet-stream")

    def do_POST(self) -> None:
        """Answers."""
        study = self.study
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        study.posts.append(len(body["events"]))
        if study.signed_out:
            self.reply_json({"status": 403}, 403)
            return
        strange = [event["key"] for event in body["events"] if event["token"] not in study.tokens]
        if strange:
            self.reply_json({"status": 404, "refused": strange}, 404)
            return
        if study.state != "open":
            self.reply_json({"status": 409, "detail": "The study is paused."}, 409)
            return
        stored = study.store(body["events"])
        if study.lose_replies:
            study.lose_replies -= 1
            self.close_connection = True
            return
        self.reply_json({"stored": stored, "session": study.session()})


def page(study: Study) -> str:
    """The page that the reader opens: the room, or the end."""
    context: dict[str, Any] = {
        "title": "Chest radiographs, spring reading",
        "total": len(study.frames),
        "reader": "R01",
    }
    if study.answered == len(study.frames):
        return render_to_string("reader_study/read_finished.html", context)
    urls = {"session_url": "session", "answers_url": "answers", "frames_url": "frames/"}
    return render_to_string(
        "reader_study/read_room.html", context | {name: f"/read/study/{path}" for name, path in urls.items()}
    )


class ReadingServer:
    """Serves one study on a free port from a thread of its own; it can be stopped and started again on that port."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self.port = 0
        self.start()

    @property
    def url(self) -> str:
        """The reading page."""
        return f"http://127.0.0.1:{self.port}/read/study/"

    def start(self) -> None:
        """Listen (again)."""
        handler = type("StudyHandler", (Handler,), {"study": self.study})
        self.server = ThreadingHTTPServer(("127.0.0.1", self.port), handler)
        self.server.daemon_threads = True
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self) -> None:
        """Stop listening; what was answered stays."""
        self.server.shutdown()
        self.server.server_close()
