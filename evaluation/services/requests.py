"""What can be scored: a request is refused as a whole, with what is wrong beside each of its fields."""

from collections.abc import Iterable, Sequence

from django.core.exceptions import ValidationError

from evaluation.features.registry import EXTRACTORS
from evaluation.metrics import METRICS
from images.models import ImageSet

FEWEST_IMAGES = 2
MOST_NETWORKS = 8
# What an image set may say of an image, by whose values the metrics can be computed again.
SUBGROUPS = ("sex", "age", "view", "finding")

# (extractor, weights)
Network = tuple[str, str]


def check_request(
    *,
    synthetic: ImageSet,
    reference: ImageSet,
    extractor: str,
    weights: str = "",
    also: Sequence[Network] = (),
    metrics: Sequence[str] = (),
    subgroups: Sequence[str] = (),
    training: ImageSet | None = None,
) -> None:
    """Raise ValidationError, by field, for what cannot be scored."""
    errors = {
        **_check_sets(synthetic, reference, training),
        **_check_networks((extractor, weights), also),
        **_check_names("metrics", "metric", metrics, METRICS),
        **_check_names("subgroups", "subgroup attribute", subgroups, SUBGROUPS),
    }
    if errors:
        raise ValidationError(errors)


def _check_sets(synthetic: ImageSet, reference: ImageSet, training: ImageSet | None) -> dict[str, str]:
    errors: dict[str, str] = {}
    for field, image_set in (("synthetic", synthetic), ("reference", reference), ("training", training)):
        if image_set is not None and image_set.count < FEWEST_IMAGES:
            errors[field] = (
                f"Scoring compares distributions and needs at least {FEWEST_IMAGES} images in each set; "
                f"{image_set.name} has {image_set.count}."
            )
    if synthetic.digest == reference.digest:
        errors["reference"] = "Both sets hold exactly the same images. Choose another reference."
    if synthetic.workspace_id != reference.workspace_id:
        errors["reference"] = "Both sets must lie in the same workspace."
    if training is not None and training.workspace_id != synthetic.workspace_id:
        errors["training"] = "The training set must lie in the same workspace as the images to score."
    elif training is not None and training.digest == synthetic.digest:
        errors["training"] = "These are the images to score themselves. Choose the images that the model learnt from."
    return errors


def _check_networks(first: Network, also: Sequence[Network]) -> dict[str, str]:
    errors: dict[str, str] = {}
    for field, networks in (("extractor", [first]), ("also", also)):
        for name, _ in networks:
            if name not in EXTRACTORS:
                errors[field] = f"There is no extractor {name!r}. Known: {', '.join(EXTRACTORS)}."
    asked = [
        (name, weights or EXTRACTORS[name].default_weights) for name, weights in (first, *also) if name in EXTRACTORS
    ]
    twice = [f"{name} {weights}".strip() for name, weights in dict.fromkeys(asked) if asked.count((name, weights)) > 1]
    if twice and "also" not in errors:
        errors["also"] = f"{', '.join(twice)} is named more than once. Name each network once."
    if len(also) >= MOST_NETWORKS:
        errors["also"] = f"At most {MOST_NETWORKS} networks in one run; there are {len(also) + 1}."
    return errors


def _check_names(field: str, word: str, names: Sequence[str], known: Iterable[str]) -> dict[str, str]:
    unknown = [name for name in names if name not in known]
    if unknown:
        return {field: f"There is no {word} {', '.join(map(repr, unknown))}. Known: {', '.join(known)}."}
    return {}
