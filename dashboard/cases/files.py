"""The bytes of documents, kept under their SHA-256 beside the ledger; what may be handed in, and how large."""

from __future__ import annotations

import hashlib
import io
import os
import struct
import tempfile
import unicodedata
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

LARGEST = 10 << 20
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
MEDIA = {
    "pdf": "application/pdf", "jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "docx": DOCX, "ofd": "application/ofd",
}  # fmt: skip
LARGEST_UNPACKED = 200 << 20
"""What a packed document may grow to where it is opened; more is made to bring an office's computer down."""
LARGEST_DIRECTORY = 1 << 20
_HEADS = {"pdf": b"%PDF-", "jpg": b"\xff\xd8\xff", "jpeg": b"\xff\xd8\xff", "png": b"\x89PNG\r\n\x1a\n"}
_INSIDE = {"docx": "word/document.xml", "ofd": "OFD.xml"}
ACCEPT = ",".join(f".{ending}" for ending in MEDIA)


class FileError(Exception):
    """A file that is not taken; the message is one Chinese sentence."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file handed in for a kind of document."""

    kind: str
    filename: str
    content: bytes


def plain_name(given: str) -> str:
    """A file's name without folders, and without what turns letters round or cannot be seen; its last hundred characters."""
    name = given.replace("\\", "/").rpartition("/")[2]
    return "".join(c for c in name if unicodedata.category(c)[0] != "C")[-100:]


def media_of(upload: Upload) -> str:
    """The media type, by the ending and the very content; FileError for other kinds, for empty and for too large ones."""
    name = plain_name(upload.filename)
    ending = name.rpartition(".")[2].lower()
    if ending not in MEDIA:
        raise FileError(f"“{name}”不是可接收的文件类型（PDF、JPG、PNG、DOCX、OFD）")
    if not upload.content:
        raise FileError(f"“{name}”是空文件")
    if len(upload.content) > LARGEST:
        raise FileError(f"“{name}”超过 {LARGEST >> 20} MB")
    if ending in _HEADS:
        fits = upload.content.startswith(_HEADS[ending])
    else:
        try:
            said = _directory(upload.content)
            if said > len(upload.content):  # also the mark of a directory for files beyond 4 GB
                raise ValueError(said)
            if said > LARGEST_DIRECTORY:  # of a hundred thousand entries: not even listed
                raise FileError(f"“{name}”展开后过大，可能是异常文件，请用原软件另存后再提交")
            with zipfile.ZipFile(io.BytesIO(upload.content)) as packed:
                fits = _INSIDE[ending] in packed.namelist()
                unpacked = sum(part.file_size for part in packed.infolist())
            if unpacked > LARGEST_UNPACKED:
                raise FileError(f"“{name}”展开后过大，可能是异常文件，请用原软件另存后再提交")
        except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, struct.error):  # a directory that is made to confuse
            fits = False
    if not fits:
        raise FileError(f"“{name}”的内容与扩展名不符，可能已损坏")
    return MEDIA[ending]


def _directory(content: bytes) -> int:
    """The size in bytes that a packed file gives for its directory; 0 without one."""
    end = content.rfind(b"PK\x05\x06", -(1 << 16) - 22)
    return int.from_bytes(content[end + 12 : end + 16], "little") if end >= 0 else 0


def keep(folder: Path, content: bytes) -> str:
    """Write the bytes under their hash, whole or not at all; returns the hash. What lies there already is left alone."""
    digest = hashlib.sha256(content).hexdigest()
    target = folder / digest[:2] / digest
    if target.exists():
        return digest
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(prefix=".draft.", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(draft).chmod(0o600)
        Path(draft).replace(target)
    except BaseException:
        with suppress(OSError):
            Path(draft).unlink()
        raise
    return digest


def fetch(folder: Path, digest: str) -> bytes:
    """The bytes kept under a hash; FileError where they are gone or are not those any more."""
    try:
        content = (folder / digest[:2] / digest).read_bytes()
    except OSError:
        raise FileError("文件不在存储目录中，请联系系统管理员从备份恢复") from None
    if hashlib.sha256(content).hexdigest() != digest:
        raise FileError("文件内容与登记的校验码不符，请联系系统管理员从备份恢复")
    return content
