"""Which findings a study may ask about."""

from collections.abc import Iterable, Sequence

from django.core.exceptions import ValidationError

from images.models import ImageSet, ImageSetItem
from reader_study.questions import FINDING, finding_slug

MOST = 12
LONGEST = 50
NOTHING_FOUND = "no finding"


def checked_findings(names: Sequence[str], image_sets: Iterable[ImageSet]) -> list[str]:
    """`names` trimmed and spelt as the sets do, in their order. Raises ValidationError for the field `findings`.

    A finding that a set never names could only be answered wrongly there; a set that says nothing of any picture takes
    every name, and then right and wrong are not counted.
    """
    asked = [name.strip() for name in names if name.strip()]
    if not asked:
        return []
    problem = _problem_of_names(asked)
    spelt = dict(zip(map(finding_slug, asked), asked, strict=True))
    for image_set in image_sets if not problem else ():
        known = {finding_slug(name): name for name in findings_of(image_set)}
        strange = [name for slug, name in spelt.items() if known and slug not in known]
        if strange:
            problem = (
                f"{image_set.name} does not know {', '.join(strange)}. It knows: {', '.join(sorted(known.values()))}."
            )
            break
        spelt |= {slug: known[slug] for slug in spelt if slug in known}
    if problem:
        raise ValidationError({"findings": problem})
    return list(spelt.values())


def findings_of(image_set: ImageSet) -> set[str]:
    """Every finding that some picture of the set has, or that was left open for one."""
    told = ImageSetItem.objects.filter(image_set=image_set).values_list("findings", "uncertain").distinct()
    return {name for row in told for names in row for name in names}


def _problem_of_names(asked: list[str]) -> str:
    slugs = [finding_slug(name) for name in asked]
    if len(asked) > MOST:
        return f"Ask about at most {MOST} findings: more tire readers out."
    if len(set(slugs)) < len(slugs):
        return "Each finding can be asked about once."
    if any(slug == FINDING or len(name) > LONGEST for slug, name in zip(slugs, asked, strict=True)):
        return f"Names of findings have letters or digits, and at most {LONGEST} characters."
    if finding_slug(NOTHING_FOUND) in slugs:
        return "Ask about findings: that there is none follows from the answers."
    return ""
