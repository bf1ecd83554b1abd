import io
import zipfile

import pytest

from images.services import ItemRow, create_image_set, store_image
from tests.images.makers import file_of, ramp

TABLE = """path,findings,patient,age,sex,view
a.png,No Finding,1,36,F,PA
b.png,Effusion|Mass,1,52,M,AP
broken.png,Effusion,2,52,M,AP
c.png,Effusion,2,411,,AP
gone.png,,,,,
"""
FILES = {"a.png": file_of(ramp(seed=1)), "b.png": file_of(ramp(seed=2)), "c.png": file_of(ramp(seed=3))}
FOLDER = {"metadata.csv": TABLE.encode(), "broken.png": FILES["a.png"][:300], **FILES}


@pytest.fixture
def import_root(tmp_path, settings):
    """The one folder that the page and the API may read from."""
    root = tmp_path / "imports"
    root.mkdir()
    (root / "empty").mkdir()
    settings.IMPORT_ROOTS = [root]
    return root


@pytest.fixture
def folder(import_root):
    """A folder in it with three good images, a broken one and one that is only listed."""
    path = import_root / "hospital"
    path.mkdir()
    for name, data in FOLDER.items():
        (path / name).write_bytes(data)
    return path


@pytest.fixture
def archive():
    """The same folder as a zip archive."""

    def make(files=FOLDER, name="hospital.zip"):
        from django.core.files.uploadedfile import SimpleUploadedFile

        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as packed:
            for file, data in files.items():
                packed.writestr(f"hospital/{file}", data)
        return SimpleUploadedFile(name, buffer.getvalue(), "application/zip")

    return make


@pytest.fixture
def make_set(workspace):
    """`make_set(3)`: an image set of three small pictures."""

    def make(count=3, *, workspace=workspace, name="Some images", source="real", seed=100, **options):
        images = [store_image(workspace=workspace, pixels=ramp(seed=seed + number)) for number in range(count)]
        rows = [
            ItemRow(image, group=f"patient-{place // 2}", findings=["Effusion"] if place % 2 else [], age=40 + place)
            for place, image in enumerate(images)
        ]
        return create_image_set(workspace=workspace, name=name, source=source, rows=rows, **options)

    return make
