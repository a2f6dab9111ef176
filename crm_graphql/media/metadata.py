"""Metadata of pictures: whether one says where, when and with what it was taken, and a copy that does not.

A picture that says nothing of the kind is kept byte for byte. Of any other the points are written anew, so
that nothing can hide between them; which way is up is turned into the points first.
"""

from __future__ import annotations

import os
from typing import Any, BinaryIO

from PIL import Image, ImageOps

QUALITY = 92
"""Of JPEG and WebP that have to be written anew."""

_ENDS = {"PNG": b"IEND\xaeB`\x82", "JPEG": b"\xff\xd9", "GIF": b";", "WEBP": b""}
_TELLING = frozenset({"exif", "xmp", "comment", "photoshop", "XML:com.adobe.xmp", "Raw profile type exif"})
_LOOKS = ("icc_profile", "transparency", "background", "loop", "duration", "disposal", "blend", "gamma")
"""What of a picture's notes belongs to how it looks."""


def is_clean(picture: Image.Image, source: BinaryIO) -> bool:
    """Whether a picture that is loaded says nothing of its making, and nothing comes behind it."""
    if _TELLING & picture.info.keys() or picture.getexif():
        return False
    form = picture.format or ""
    if form == "JPEG" and not all(_is_plain(*segment) for segment in getattr(picture, "applist", ())):
        return False
    if form == "PNG" and (getattr(picture, "text", None) or getattr(picture, "private_chunks", None)):
        return False
    if form == "GIF" and not picture.info.get("extension", (b"NETSCAPE2.0",))[0].startswith(b"NETSCAPE2.0"):
        return False
    return form in _ENDS and _ends(source, form)


def save_cleaned(picture: Image.Image, target: BinaryIO, form: str) -> None:
    """Write the picture without what it says of its making."""
    is_animated = getattr(picture, "is_animated", False) and form != "JPEG"
    lossless = form == "WEBP" and _is_lossless(picture)
    upright = picture if is_animated else ImageOps.exif_transpose(picture)
    is_as_it_was = upright.size == picture.size and picture.getexif().get(0x0112, 1) == 1
    options: dict[str, Any] = {"save_all": True} if is_animated else {}
    if icc := picture.info.get("icc_profile"):
        options["icc_profile"] = icc
    if form == "JPEG":
        as_it_was = is_as_it_was and picture.format == "JPEG"
        upright = picture if as_it_was else upright
        options |= {"quality": "keep"} if as_it_was else {"quality": QUALITY}
    if form == "WEBP":
        options |= {"lossless": True} if lossless else {"quality": QUALITY}
    upright.info = {name: value for name, value in upright.info.items() if name in _LOOKS}
    upright.save(target, form, **options)


def _is_plain(name: str, content: bytes) -> bool:
    """Whether a segment of a JPEG is of those that it needs."""
    return (
        (name == "APP0" and content.startswith((b"JFIF", b"JFXX")))
        or (name == "APP2" and content.startswith(b"ICC_PROFILE"))
        or (name == "APP14" and content.startswith(b"Adobe"))
    )


def _ends(source: BinaryIO, form: str) -> bool:
    """Whether the file ends where the picture does."""
    descriptor = source.fileno()
    size = os.fstat(descriptor).st_size
    if form == "WEBP":
        return int.from_bytes(os.pread(descriptor, 4, 4), "little") + 8 >= size
    end = _ENDS[form]
    return os.pread(descriptor, len(end), size - len(end)) == end


def _is_lossless(picture: Image.Image) -> bool:
    """Whether a WebP's points are kept exactly: no such note comes out of the library."""
    source = getattr(picture, "fp", None)
    return source is not None and b"VP8L" in os.pread(source.fileno(), 4096, 0)
