"""Packing: one gzip file out of parts that different processes may have made.

Each part is a run of deflate blocks that ends on a whole byte and looks back to nothing before it, so that
whoever goes on needs of what is stored only its checksum and its length, which the file's end tells (RFC
1952). The parts one behind the other are a file of one member, which every program reads.
"""

from __future__ import annotations

import struct
import zlib

LEVEL = 4
"""Of zlib: above it a file of customers gets hardly smaller, and takes twice as long."""
_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_RAW_DEFLATE = -zlib.MAX_WBITS


class Packer:
    """Packs one part. `checksum` and `size` are those of all that was packed before it, and move on."""

    def __init__(self, checksum: int, size: int, *, is_first: bool) -> None:
        self.checksum = checksum
        self.size = size
        self._head = _HEADER if is_first else b""
        self._deflate = zlib.compressobj(LEVEL, zlib.DEFLATED, _RAW_DEFLATE)

    def add(self, data: bytes) -> bytes:
        """What can be stored now that `data` has come. Other threads run meanwhile."""
        self.checksum = zlib.crc32(data, self.checksum)
        self.size += len(data)
        return self._after_head(self._deflate.compress(data))

    def end(self, *, is_last: bool) -> bytes:
        """The end of the part, and of the file where it is the last one."""
        if not is_last:
            return self._after_head(self._deflate.flush(zlib.Z_FULL_FLUSH))
        end = struct.pack("<LL", self.checksum, self.size & 0xFFFFFFFF)
        return self._after_head(self._deflate.flush(zlib.Z_FINISH)) + end

    def _after_head(self, packed: bytes) -> bytes:
        head, self._head = self._head, b""
        return head + packed
