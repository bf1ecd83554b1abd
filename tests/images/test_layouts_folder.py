import io
import stat
import zipfile

import pytest

from images.layouts.folder import ArchiveLimits, DirectoryFolder, FileRefused, FolderError, ZipFolder


def archive(files, **options):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, **options) as packed:
        for name, data in files.items():
            packed.writestr(name, data)
    buffer.seek(0)
    return buffer


FILES = {"a.csv": b"1", "images_001/x.png": b"2", ".hidden": b"3", "Thumbs.db": b"4", "__MACOSX/x.png": b"5"}


@pytest.fixture(params=["directory", "zip"])
def folder(request, tmp_path):
    if request.param == "zip":
        return ZipFolder(archive(FILES))
    for name, data in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    return DirectoryFolder(tmp_path)


def test_files_are_listed_sorted_and_without_hidden_ones(folder):
    assert folder.names() == ["a.csv", "images_001/x.png"]
    assert folder.read("images_001/x.png") == b"2"


def test_what_is_not_there_is_refused(folder):
    with pytest.raises(FileRefused, match="not there"):
        folder.read("b.csv")


def test_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(FolderError, match="no folder"):
        DirectoryFolder(tmp_path / "none")


@pytest.mark.parametrize("name", ["../secret.png", "images/../../secret.png", "/etc/hostname"])
def test_no_path_leads_out_of_a_directory(tmp_path, name):
    (tmp_path / "secret.png").write_bytes(b"secret")
    (tmp_path / "inside" / "images").mkdir(parents=True)
    with pytest.raises(FileRefused, match="leads out"):
        DirectoryFolder(tmp_path / "inside").read(name)


def test_links_are_followed_inside_and_nowhere_else(tmp_path):
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "secret.png").write_bytes(b"secret")
    (inside / "true.png").write_bytes(b"true")
    (inside / "link.png").symlink_to(inside / "true.png")
    (inside / "way_out.png").symlink_to(tmp_path / "secret.png")
    (inside / "folder_out").symlink_to(tmp_path)
    folder = DirectoryFolder(inside)
    assert folder.names() == ["link.png", "true.png", "way_out.png"]
    assert folder.read("link.png") == b"true"
    for name in ("way_out.png", "folder_out/secret.png"):
        with pytest.raises(FileRefused, match="leads out"):
            folder.read(name)


def test_a_pipe_is_not_a_file(tmp_path):
    import os

    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(FileRefused, match="not a file"):
        DirectoryFolder(tmp_path).read("pipe.png")


def test_what_is_no_archive_is_refused():
    with pytest.raises(FolderError, match="not a readable zip"):
        ZipFolder(io.BytesIO(b"PK\x03\x04 and then nothing"))


@pytest.mark.parametrize("name", ["../up.png", "/etc/x.png", "C:/x.png", "..\\up.png"])
def test_no_name_in_an_archive_leads_out(name):
    folder = ZipFolder(archive({name: b"1"}))
    for listed in folder.names():
        with pytest.raises(FileRefused, match="leads out"):
            folder.read(listed)


def test_a_link_in_an_archive_is_refused():
    entry = zipfile.ZipInfo("link.png")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        packed.writestr(entry, "/etc/hostname")
    with pytest.raises(FileRefused, match="symbolic link"):
        ZipFolder(buffer).read("link.png")


def test_a_bomb_is_refused_by_its_ratio():
    bomb = archive({"a.png": bytes(11 * 2**20)}, compresslevel=9)
    with pytest.raises(FolderError, match="200 times its size"):
        ZipFolder(bomb)


def test_small_files_may_shrink_as_much_as_they_like():
    assert ZipFolder(archive({"black.bmp": bytes(2**20)})).read("black.bmp") == bytes(2**20)


def test_total_size_and_number_of_files_are_limited():
    files = {f"{number}.png": bytes(1000) for number in range(20)}
    with pytest.raises(FolderError, match="limit is 19"):
        ZipFolder(archive(files), ArchiveLimits(files=19))
    with pytest.raises(FolderError, match="GB"):
        ZipFolder(archive(files), ArchiveLimits(total_bytes=19_999))


def test_a_lie_about_the_size_costs_one_file():
    data = bytearray(archive({"a.png": bytes(range(256)) * 400}).getvalue())
    central = data.index(b"PK\x01\x02")
    data[central + 24 : central + 28] = (50).to_bytes(4, "little")
    with pytest.raises(FileRefused, match="cannot be unpacked"):
        ZipFolder(io.BytesIO(bytes(data))).read("a.png")


def test_a_damaged_member_is_refused():
    data = bytearray(archive({"a.png": bytes(range(256)) * 40}).getvalue())
    data[60] ^= 0xFF
    with pytest.raises(FileRefused, match="cannot be unpacked"):
        ZipFolder(io.BytesIO(bytes(data))).read("a.png")


def test_an_encrypted_member_is_refused():
    data = bytearray(archive({"a.png": b"1"}).getvalue())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(FileRefused, match="encrypted"):
        ZipFolder(io.BytesIO(bytes(data))).read("a.png")
