"""What may be handed in: files that say what they are, whatever their directory claims; names that say what they show."""

from __future__ import annotations

import io
import resource
import time
import zipfile

import pytest

from dashboard.cases.files import DOCX, FileError, Upload, media_of, plain_name


def packed(*, version: int = 20, flags: int = 0, name: str = "word/document.xml") -> bytes:
    """A packed file whose central directory claims this."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        made.writestr(name, "x")
    content = bytearray(buffer.getvalue())
    at = content.rfind(b"PK\x01\x02")
    content[at + 6 : at + 8] = version.to_bytes(2, "little")
    content[at + 8 : at + 10] = flags.to_bytes(2, "little")
    return bytes(content)


def test_a_document_is_taken() -> None:
    assert media_of(Upload("x", "a.docx", packed())) == DOCX


CONFUSING = {
    "version": packed(version=99),
    "cut": packed(flags=0x800, name="x")[:-1],
    "directory": packed().replace(b"PK\x01\x02", b"PK\x01\x03"),
    "inside": packed(name="x"),
    "end": b"PK\x05\x06" + b"\xff" * 18,
    "letters": packed(flags=0x800).replace(b"word/document.xml", b"word/\xff\xfe\xfd\xfcment.xml"),
}


@pytest.mark.parametrize("content", CONFUSING.values(), ids=CONFUSING)
def test_item_15_a_directory_made_to_confuse_is_refused_in_words(content: bytes) -> None:
    with pytest.raises(FileError, match="内容与扩展名不符"):
        media_of(Upload("x", "a.docx", content))


def bomb(entries: int, size: int) -> bytes:
    """A packed document with so many entries, each of so many zeros."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("word/document.xml", "x")
        for n in range(entries):
            made.writestr(f"word/media/{n}", bytes(size))
    return buffer.getvalue()


@pytest.mark.parametrize(("entries", "size"), [(9, 25 << 20), (20_000, 0)], ids=["large", "many"])
def test_item_32_a_packed_document_that_grows_when_opened_is_refused_unopened(entries: int, size: int) -> None:
    content = bomb(entries, size)
    assert len(content) < 10 << 20
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    with pytest.raises(FileError, match="展开后过大"):
        media_of(Upload("x", "a.docx", content))
    assert time.process_time() - began < 0.5 and resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50 * 1024  # KiB


@pytest.mark.parametrize(
    ("given", "shown"),
    [("..\\..\\a.pdf", "a.pdf"), ("/etc/passwd", "passwd"), ("证明\u202efdp.exe", "证明fdp.exe"), ("a\r\nSet-Cookie: x.pdf", "aSet-Cookie: x.pdf"), ("\u200b证.pdf", "证.pdf")],
)
def test_a_name_says_what_it_shows(given: str, shown: str) -> None:
    assert plain_name(given) == shown
