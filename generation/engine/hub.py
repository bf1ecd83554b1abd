"""Fetch a checkpoint from the Hugging Face hub: safetensors and JSON only, at one revision."""

from dataclasses import dataclass
from pathlib import Path

from generation.engine.allowed import HUB_PATTERNS
from generation.engine.errors import CheckpointUnavailable


@dataclass(frozen=True)
class Snapshot:
    """A fetched repository: its folder, the cache folder that its links lead to, and the commit it stands for."""

    path: Path
    cache: Path
    revision: str


def fetch_checkpoint(repository: str, revision: str = "", *, offline: bool = False) -> Snapshot:
    """The snapshot of `repository` ("owner/name") at `revision` (a branch, tag or commit; default the newest).

    Downloads into the hub cache (HF_HOME) unless it is there already. Pickles and scripts are never fetched.
    Raises CheckpointUnavailable with how to get the files there by hand.
    """
    from huggingface_hub import constants, snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        folder = snapshot_download(
            repository, revision=revision or None, allow_patterns=list(HUB_PATTERNS), local_files_only=offline
        )
    except HFValidationError as error:
        raise CheckpointUnavailable(f"{repository!r} is no hub id; they look like owner/name.") from error
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError, ValueError) as error:
        at = f" --revision {revision}" if revision else ""
        raise CheckpointUnavailable(
            f"{repository} could not be fetched from the hub, and {constants.HF_HUB_CACHE} does not hold it "
            f"({type(error).__name__}). Where there is a network, run: hf download {repository}{at} "
            "--exclude '*.bin' '*.ckpt' --local-dir FOLDER. Then put FOLDER below a checkpoint root of this server and "
            "register that folder. A gated repository also needs its licence accepted and HF_TOKEN set."
        ) from error
    path = Path(folder)
    return Snapshot(path=path, cache=path.parent.parent, revision=path.name)
