"""What a prompt or a report says of each finding: present, absent or uncertain, how severe, on which side.

A small parser by rules, in the manner of NegEx (Chapman et al., Journal of Biomedical Informatics 34:301, 2001), for the short
English sentences of prompts and impressions. The rules:

- A caption is cut into clauses at full stops, semicolons, empty lines and at but, however, although, except, otherwise.
- A negation word (no, without, negative for, free of, absence of ...) negates every finding after it in its clause, until "with",
  "there is" or a comma before a new statement ("no pneumothorax, small left effusion"). "Effusion is absent", "has resolved", "not
  seen", "heart is not enlarged" negate the finding before. "No change in", "no increase in" do not negate.
- "Possible", "may represent", "cannot be excluded" and their like make a finding uncertain; metrics leave it out.
- A word of severity or side belongs to the nearest finding after it in its clause, or to the finding before it in "effusion is
  large", "effusion on the left", "nodule in the right upper zone".
- "Lungs are clear", "heart size is normal", "normal chest radiograph" imply that findings are absent without naming them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from evaluation.metrics.findings import PATHOLOGIES

Status = Literal["present", "absent", "uncertain"]
Side = Literal["left", "right", "both", ""]

_SIZE = (
    r"(?:very\s+)?(?:small|tiny|large|moderate(?:ly)?|mild(?:ly)?|minimal(?:ly)?|slight(?:ly)?|severe(?:ly)?|marked(?:ly)?"
    r"|massive(?:ly)?|extensive|gross(?:ly)?|trace|trivial|subtle|huge|significant(?:ly)?|borderline|mildly-to-moderately)"
)
# Minimal 1, small 2, moderate 3, large 4; "moderate to large" lies between its two.
GRADES = {
    1.0: "trace tiny minimal minimally trivial borderline",
    2.0: "small mild mildly slight slightly subtle",
    3.0: "moderate moderately",
    4.0: "large severe severely marked markedly massive massively extensive gross grossly huge",
}
_GRADE_OF = {word: grade for grade, words in GRADES.items() for word in words.split()}
_GRADE = re.compile(r"\b(" + "|".join(sorted(_GRADE_OF, key=len, reverse=True)) + r")\b(?:[\s-]+(?:to|or)[\s-]+(\w+))?")

# Patterns of each finding, of which the longest match at a place counts. "%s" of the heart: words of size in between.
_ADVERB = rf"(?:{_SIZE}\s+)?"
_TERMS = {
    "Enlarged Cardiomediastinum": rf"{_ADVERB}(?:enlarged|widened|wide)\s+(?:cardio)?mediastin(?:um|al silhouette|al contours?)"
    rf"|(?:cardio)?mediastin(?:um|al silhouette|al contours?)\s+(?:is|appears)\s+(?:not\s+)?{_ADVERB}(?:enlarged|widened)"
    r"|mediastinal (?:widening|enlargement)",
    "Cardiomegaly": rf"cardiomegaly|{_ADVERB}enlarged\s+(?:heart|cardiac (?:silhouette|size|shadow)|cardiac contours?)"
    rf"|(?:heart(?: size)?|cardiac (?:silhouette|size|shadow))\s+(?:is|appears|remains)\s+(?:not\s+)?{_ADVERB}enlarged"
    r"|cardiac enlargement|enlargement of the (?:heart|cardiac silhouette)",
    "Effusion": r"(?:pleural\s+)?effusions?|pleural fluid|hydrothorax",
    "Pneumothorax": r"(?:hydro)?pneumothora(?:x|ces)",
    "Consolidation": r"(?:airspace\s+|air-space\s+|focal\s+|lobar\s+)*consolidations?(?!\s+of\s+care)",
    "Pneumonia": r"(?:broncho)?pneumonias?",
    "Atelectasis": r"atelecta(?:sis|ses|tic change[s]?)",
    "Edema": r"(?:pulmonary\s+|interstitial\s+|alveolar\s+|lung\s+)*o?edema|pulmonary vascular congestion",
    "Emphysema": r"emphysema(?:tous change[s]?)?",
    "Fibrosis": r"fibrosis|fibrotic change[s]?",
    "Infiltration": r"infiltrates?|infiltrations?",
    "Pleural_Thickening": r"pleural thickening|thicken(?:ed|ing of the) pleura",
    "Nodule": r"(?:solitary\s+)?(?:pulmonary\s+|lung\s+)?nodules?",
    "Mass": r"(?:pulmonary\s+|lung\s+)?mass(?:es)?",
    "Lung Lesion": r"(?:pulmonary\s+|lung\s+)lesions?",
    "Hernia": r"(?:hiatal\s+|hiatus\s+|diaphragmatic\s+)?hernias?",
    "Fracture": r"(?:rib\s+|clavic(?:le|ular)\s+)?fractures?",
    "Lung Opacity": r"(?:airspace\s+|air-space\s+|lung\s+|pulmonary\s+)?opacit(?:y|ies)|airspace disease",
}  # fmt: skip
_NAMES = {f"f{number}": name for number, name in enumerate(_TERMS)}
_MENTION = re.compile(
    r"(?<!pericardial )(?<!\w)(?:"
    + "|".join(f"(?P<f{i}>{term})" for i, term in enumerate(_TERMS.values()))
    + r")(?!\w)"
)

_CLAUSES = re.compile(r"[.;:]+(?!\d)|\b(?:but|however|although|though|except(?: for)?|otherwise)\b")
_NOT_NEGATION = re.compile(
    r"\b(?:no|without)\s+(?:\w+\s+){0,2}?(?:change|increase|decrease|improvement|worsening)s?\s*(?:in|of)?\b|\bnot only\b"
)
_NEGATION = re.compile(
    r"\b(?:no evidence of|no signs? of|no|without|negative for|free of|absence of|lack of|rather than|neither|nor|denies|"
    r"resolution of|resolved|clear of|rules? out|ruled out)\b"
)
_END_OF_NEGATION = re.compile(
    rf"\bwith\b|\bthere (?:is|are)\b|,\s*(?:and\s+)?(?=(?:an?\s+)?(?:new\s+)?{_SIZE}\b(?!.*\b(?:or|nor)\b))"
)
_NEGATED_AFTER = re.compile(
    r"^[^,]{0,25}?\b(?:absent|resolved|(?:is|are|was|were) (?:now )?gone|ruled out|no longer (?:seen|present|visible|evident)|"
    r"not (?:seen|present|identified|evident|visible|demonstrated|noted|appreciated|observed|enlarged))\b"
)
_NEGATED_WITHIN = re.compile(r"\bnot\b")
_DOUBT_BEFORE = re.compile(
    r"\b(?:possible|possibly|probable|probably|suspected|suspicious for|suspicion of|questionable|question of|equivocal|likely|"
    r"may (?:represent|reflect|be)|might (?:represent|reflect|be)|could (?:represent|reflect|be)|cannot (?:exclude|rule out)|"
    r"can not (?:exclude|rule out)|concerning for|concern for|versus|vs)\b"
)
_DOUBT_AFTER = re.compile(
    r"^[^,]{0,25}?\b(?:(?:cannot|can not|could not) be (?:excluded|ruled out)|not excluded|(?:is|are) (?:possible|suspected|likely|"
    r"questionable|considered)|versus|vs)\b"
)
_SIDES = re.compile(r"\b(left|right|bilateral(?:ly)?|bibasilar|bibasal|both)\b")
_PLACED_AFTER = re.compile(
    r"^(?:[^,]|,(?=\s*(?:left|right|bilateral)))*?\b(?:in|on|at|of|within|involving|over)\b[^,]*?\b(left|right|both|bilateral)\b[^,]*?(?=\band\b|,|$)"
)
# How far after a finding its side may stand, in characters.
_NEAR = 80
_GRADED_AFTER = re.compile(rf"^\s*(?:which )?(?:is|are|appears?)\s+(?={_SIZE}\b)")

_LUNGS = ("Consolidation", "Pneumonia", "Infiltration", "Lung Opacity", "Edema", "Nodule", "Mass", "Lung Lesion")
_ACUTE = ("Consolidation", "Pneumonia", "Edema", "Effusion", "Pneumothorax")
_IMPLIED = (
    (re.compile(r"\bnormal chest\b|\bnormal (?:study|examination|radiograph)\b|\bchest (?:x-?ray|radiograph) is normal\b"), PATHOLOGIES),
    (re.compile(r"\blungs (?:are|remain|appear) (?:well[- ]expanded and )?clear\b|\bclear lungs\b"), _LUNGS),
    (re.compile(r"\bno acute (?:cardio-?pulmonary|cardiac or pulmonary|intrathoracic|pulmonary|chest)?\s*"
                r"(?:abnormalit(?:y|ies)|process(?:es)?|disease|findings?)\b"), _ACUTE),
    (re.compile(r"\b(?:heart(?: size)?|cardiac (?:silhouette|size)) (?:is|appears|remains) (?:normal|within normal|unremarkable)"
                r"|\bnormal (?:heart|cardiac) (?:size|silhouette)\b"), ("Cardiomegaly",)),
    (re.compile(r"\bcardiomediastinal silhouette (?:is|appears) (?:normal|within normal|unremarkable)"
                r"|\bnormal cardiomediastinal silhouette\b"), ("Cardiomegaly", "Enlarged Cardiomediastinum")),
)  # fmt: skip


@dataclass(frozen=True)
class Mention:
    """One finding in a caption. ``severity``: 1 minimal to 4 large, None where no word says it; ``side``: the patient's;
    ``implied``: absent because the caption calls the region normal, without naming the finding."""

    finding: str
    status: Status
    severity: float | None = None
    side: Side = ""
    implied: bool = False


@lru_cache(maxsize=65536)
def parse(caption: str) -> tuple[Mention, ...]:
    """Every mention of one of torchxrayvision's pathologies, in the order of the text, implied absences last."""
    # Reports are wrapped at a fixed width: only an empty line ends a sentence.
    text = " ".join(re.sub(r"\n\s*\n", ". ", caption.lower()).split())
    clauses = [clause for clause in _CLAUSES.split(text) if clause.strip()]
    named = [mention for clause in clauses for mention in _clause(clause)]
    said = {mention.finding for mention in named}
    implied = dict.fromkeys(
        finding for pattern, findings in _IMPLIED if pattern.search(text) for finding in findings if finding not in said
    )
    return (*named, *(Mention(finding, "absent", implied=True) for finding in implied))


def summary(caption: str) -> dict[str, Mention]:
    """One mention per finding: what is mentioned alike throughout; findings said to be present and absent are uncertain.

    Different severities or sides of one finding leave that part open ("both" where the sides differ).
    """
    found: dict[str, Mention] = {}
    for mention in parse(caption):
        earlier = found.get(mention.finding)
        found[mention.finding] = mention if earlier is None else _merge(earlier, mention)
    return found


def _merge(one: Mention, other: Mention) -> Mention:
    status: Status = one.status if one.status == other.status else "uncertain"
    severity = one.severity if one.severity == other.severity or other.severity is None else None
    severity = other.severity if one.severity is None else severity
    sides = {one.side, other.side} - {""}
    side: Side = sides.pop() if len(sides) == 1 else "both" if sides else ""
    return Mention(one.finding, status, severity, side, one.implied and other.implied)


def _clause(text: str) -> Iterator[Mention]:
    matches = list(_MENTION.finditer(text))
    taken = 0
    for number, match in enumerate(matches):
        end = matches[number + 1].start() if number + 1 < len(matches) else len(text)
        before, after = text[taken : match.end()], text[match.end() : end]
        side, severity = _side(before), _severity(before)
        taken = match.end()
        if not side and (placed := _PLACED_AFTER.match(after[:_NEAR])):
            side, taken = _side(placed.group()), match.end() + placed.end()
        if severity is None and (graded := _GRADED_AFTER.match(after)):
            severity = _severity(after[graded.end() :])
        yield Mention(_NAMES[str(match.lastgroup)], _status(text, match, after), severity, side)


def _status(text: str, match: re.Match[str], after: str) -> Status:
    before = _NOT_NEGATION.sub(lambda m: "#" * len(m.group()), text[: match.start()])
    if _DOUBT_BEFORE.search(before) or _DOUBT_AFTER.match(after):
        return "uncertain"
    if _NEGATED_AFTER.match(after) or _NEGATED_WITHIN.search(match.group()):
        return "absent"
    negations = list(_NEGATION.finditer(before))
    if not negations:
        return "present"
    # The end of a list is judged by the whole clause: "no small effusion, large mass or nodule" goes on.
    ends = [
        found.start()
        for found in _END_OF_NEGATION.finditer(text)
        if negations[-1].end() < found.start() < match.start()
    ]
    return "present" if ends else "absent"


def _side(text: str) -> Side:
    sides: set[str] = set(_SIDES.findall(text))
    if sides - {"left", "right"} or len(sides) == 2:
        return "both"
    return "left" if "left" in sides else "right" if sides else ""


def _severity(text: str) -> float | None:
    found = _GRADE.findall(text)
    if not found:
        return None
    word, upper = found[-1]
    return (_GRADE_OF[word] + _GRADE_OF.get(upper, _GRADE_OF[word])) / 2
