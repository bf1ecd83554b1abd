"""docs/notebook.md, block by block, in one Python without Django."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_blocks_of_the_page_run(tmp_path: Path) -> None:
    text = (ROOT / "docs/notebook.md").read_text()
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(blocks) == 4 and len([line for line in blocks[1].splitlines() if line]) == 3
    path = os.pathsep.join(map(str, (ROOT, ROOT / "platform")))
    environment = {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
    code = "\n".join([*blocks, "import sys\nassert 'django' not in sys.modules"])
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("[('frechet_distance', ") and lines[1].startswith("(40, ")
    assert lines[2].startswith("frechet_distance ") and lines[3].startswith("kernel_distance ")
