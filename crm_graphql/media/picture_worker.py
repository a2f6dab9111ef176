"""The worker that reads one picture, a process of its own: what a picture does to it, it does to nobody else.

    python -m crm_graphql.media.picture_worker FORMAT PIXELS CLEANED THUMBNAIL < picture

CLEANED and THUMBNAIL are the numbers of open files to write to. It limits its own memory and time before it
looks at anything, and prints one line of JSON: what it made, or why the picture is refused.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import warnings
from typing import BinaryIO

from PIL import Image, ImageOps, UnidentifiedImageError

from crm_graphql.media.metadata import is_clean, save_cleaned

CPU_SECONDS = 60
BASE_BYTES = 512 * 1024**2
BYTES_A_PIXEL = 24
"""Four for the picture, as many each for a turned one and for a thumbnail's, and what an encoder holds."""
FRAMES_PIXELS = 4
"""All frames of an animation together may have so many times the points of a picture."""
THUMBNAIL_POINTS = 512

_TRANSPARENT = ("RGBA", "LA", "PA")


class Refused(Exception):
    """The picture is not taken; the text is for whoever sent it."""


def main(arguments: list[str]) -> int:
    """The exit code: 0 where a line was printed."""
    form, pixels, cleaned, thumbnail = arguments[0], *map(int, arguments[1:])
    _limit(pixels)
    try:
        with os.fdopen(cleaned, "w+b") as copy, os.fdopen(thumbnail, "wb") as small:
            told = _work(sys.stdin.buffer, form, pixels, copy, small)
    except Refused as refusal:
        told = {"refused": str(refusal)}
    except MemoryError:
        told = {"refused": "The picture needs more memory than one may take."}
    print(json.dumps(told))  # noqa: T201
    return 0


def _limit(pixels: int) -> None:
    memory = BASE_BYTES + pixels * BYTES_A_PIXEL
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    Image.MAX_IMAGE_PIXELS = pixels
    warnings.simplefilter("error", Image.DecompressionBombWarning)


def _work(source: BinaryIO, form: str, pixels: int, copy: BinaryIO, small: BinaryIO) -> dict[str, object]:
    try:
        with Image.open(source, formats=[form]) as picture:
            _measure(picture, pixels)
            picture.load()
            keeps = is_clean(picture, source)
            if not keeps:
                save_cleaned(picture, copy, form)
                copy.seek(0)
                with Image.open(copy, formats=[form]) as saved:
                    saved.load()
                    if not is_clean(saved, copy):
                        raise Refused("What the picture says of its making could not be taken out of it.")
            return {"is_clean": keeps, "thumbnail_type": _thumbnail(picture, small)}
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise Refused(f"The picture has more than {pixels:,} points (CRM_MEDIA_PICTURE_PIXELS).") from None
    except UnidentifiedImageError:
        raise Refused(f"The file begins as {form} and is none.") from None
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError) as error:
        raise Refused(f"The picture is broken: {str(error)[:200]}") from None


def _measure(picture: Image.Image, pixels: int) -> None:
    if picture.width * picture.height > pixels:
        raise Refused(f"The picture has more than {pixels:,} points (CRM_MEDIA_PICTURE_PIXELS).")
    most = max(1, pixels * FRAMES_PIXELS // (picture.width * picture.height))
    try:
        # Counting the frames of all would take as long as their file says.
        picture.seek(most)
    except EOFError:
        picture.seek(0)
        return
    if getattr(picture, "is_animated", False):
        raise Refused(f"The animation has more than {most:,} frames of this size.")


def _thumbnail(picture: Image.Image, target: BinaryIO) -> str:
    picture.seek(0)
    small = ImageOps.exif_transpose(picture)
    has_gaps = small.mode in _TRANSPARENT or "transparency" in small.info
    small = small.convert("RGBA" if has_gaps else "RGB")
    small.thumbnail((THUMBNAIL_POINTS, THUMBNAIL_POINTS))
    small.info.clear()
    if has_gaps:
        small.save(target, "PNG", optimize=True)
        return "image/png"
    small.save(target, "JPEG", quality=82, optimize=True)
    return "image/jpeg"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
