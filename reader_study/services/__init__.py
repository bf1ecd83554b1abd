"""Writes that touch more than one row of a study. Views, the API and commands call these and nothing else."""

from reader_study.services.analysing import finished_analysis, request_analysis, run_analysis
from reader_study.services.building import build_study, discard_draft
from reader_study.services.enrolment import InvitationRefused, consent, enrol, find_invitation
from reader_study.services.inviting import invite_reader, renew_invitation, revoke_invitation
from reader_study.services.lifecycle import close_study, lock_study, open_study, pause_study, unseal_study
from reader_study.services.readings import AnswerRefused, record_answers
from reader_study.services.renditions import run_rendition

__all__ = [
    "AnswerRefused",
    "InvitationRefused",
    "build_study",
    "close_study",
    "consent",
    "discard_draft",
    "enrol",
    "find_invitation",
    "finished_analysis",
    "invite_reader",
    "lock_study",
    "open_study",
    "pause_study",
    "record_answers",
    "renew_invitation",
    "request_analysis",
    "revoke_invitation",
    "run_analysis",
    "run_rendition",
    "unseal_study",
]
