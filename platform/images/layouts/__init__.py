"""Folders and archives of radiographs, and the tables beside them. Pure: no Django."""

from images.layouts.entries import Entry, Listed, Listing, Picture, Refusal
from images.layouts.folder import ArchiveLimits, DirectoryFolder, FileRefused, Folder, FolderError, ZipFolder

__all__ = [
    "ArchiveLimits",
    "DirectoryFolder",
    "Entry",
    "FileRefused",
    "Folder",
    "FolderError",
    "Listed",
    "Listing",
    "Picture",
    "Refusal",
    "ZipFolder",
]
