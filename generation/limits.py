"""How large things may be before they are refused."""

from typing import Final

MiB: Final = 2**20

#: A prompt file, its rows, and one cell of it.
PROMPT_FILE_BYTES: Final = 20 * MiB
PROMPT_ROWS: Final = 10_000
PROMPT_CHARACTERS: Final = 2_000
FINDINGS_PER_PROMPT: Final = 30

#: An uploaded archive: as it comes, unpacked, and how much one file may grow when unpacked.
ARCHIVE_BYTES: Final = 12 * 1024 * MiB
UNPACKED_BYTES: Final = 16 * 1024 * MiB
UNPACKED_FILES: Final = 500
#: Weights hardly shrink when zipped; text may shrink a lot, but is small.
UNPACKED_RATIO: Final = 200
RATIO_COUNTS_FROM: Final = 10 * MiB

#: Pictures of one run.
PICTURES_PER_RUN: Final = 100_000
SEEDS_PER_PROMPT: Final = 1_000
BATCH_SIZE: Final = 256
