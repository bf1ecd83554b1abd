"""What keeps the class of a picture from the reader: one rendition for all, a sealed key, and an audit. Pure."""

from reader_study.blinding.audit import NuisanceAudit, NuisanceRow, audit_frames
from reader_study.blinding.commitment import canonical_json, commit, digest_json, opens
from reader_study.blinding.rendition import RENDITION, WouldEnlarge, common_size, frame_bytes, frame_digest, render

__all__ = [
    "RENDITION",
    "NuisanceAudit",
    "NuisanceRow",
    "WouldEnlarge",
    "audit_frames",
    "canonical_json",
    "commit",
    "common_size",
    "digest_json",
    "frame_bytes",
    "frame_digest",
    "opens",
    "render",
]
