"""Files: validators, conditional answers and ranges (RFC 9110, sections 8.8, 13 and 14)."""

from __future__ import annotations

import pytest

from .answers import Answer
from .handlers.files import CONTENTS, DIGITS, LAST_MODIFIED
from .hosts import Host

EARLIER = "Sun, 13 Sep 2020 12:26:39 GMT"
LATER = "Sun, 13 Sep 2020 12:26:41 GMT"


def get(host: Host, colour: str, *headers: tuple[str, str], name: str = "digits.txt") -> Answer:
    return host.get(f"/{colour}/files/get/{name}", *headers)


def etag(host: Host, colour: str) -> str:
    found = get(host, colour).header("etag")
    assert found is not None
    return found


@pytest.mark.parametrize("name", CONTENTS)
def test_file(host: Host, colour: str, name: str) -> None:
    """A file is sent byte by byte, with its length."""
    answer = get(host, colour, name=name)
    assert (answer.status, answer.complete) == (200, True)
    assert answer.body == CONTENTS[name]
    assert answer.header("content-length") == str(len(CONTENTS[name]))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("digits.txt", "text/plain; charset=utf-8"),
        ("page.html", "text/html; charset=utf-8"),
        ("data.json", "application/json"),
        ("unknown.zzz", "application/octet-stream"),
    ],
)
def test_type_of_a_file(host: Host, colour: str, name: str, kind: str) -> None:
    """The type is guessed from the name; text is UTF-8."""
    assert get(host, colour, name=name).all("content-type") == [kind]


def test_file_with_own_fields(host: Host, colour: str) -> None:
    """Type, age, fields and cookies may be set."""
    answer = host.get(f"/{colour}/files/typed")
    assert (answer.body, answer.header("content-type")) == (DIGITS, "text/x")
    assert (answer.header("cache-control"), answer.header("x-a")) == ("max-age=60", "1")
    assert answer.all("set-cookie") == ["a=1; Path=/"]


def test_validators(host: Host, colour: str) -> None:
    """A file has a strong ETag, Last-Modified, and says that it takes ranges."""
    answer = get(host, colour)
    tag = answer.header("etag") or ""
    assert tag.startswith('"') and tag.endswith('"') and len(tag) > 2
    assert answer.header("last-modified") == LAST_MODIFIED
    assert answer.header("accept-ranges") == "bytes"


def test_etag_changes_with_the_file(host: Host, colour: str) -> None:
    """Another content has another ETag; the same has the same."""
    target = f"/{colour}/files/changing?content="
    tags = [host.get(target + content).header("etag") for content in ("a", "a", "bb")]
    assert tags[0] == tags[1] != tags[2]


def test_missing_file(host: Host, colour: str) -> None:
    """A file that isn't there, a directory, and a name that can't be one, are 404."""
    for name in ("nowhere", "digits.txt/x", "x" * 300, "a%00b"):
        answer = get(host, colour, name=name)
        # Some servers refuse a NUL before it comes to us.
        assert answer.status == 404 or (name == "a%00b" and answer.status == 400), name
    assert host.get(f"/{colour}/files/folder").status == 404


def test_head_of_a_file(host: Host, colour: str) -> None:
    """HEAD has the fields of GET, its length among them, and no body."""
    answer = host.request("HEAD", f"/{colour}/files/get/digits.txt")
    assert (answer.status, answer.body, answer.header("content-length")) == (200, b"", "10")
    assert answer.header("etag") == etag(host, colour)


def test_file_in_answer_to_post(host: Host, colour: str) -> None:
    """Ranges and If-None-Match's 304 are for GET and HEAD only."""
    headers = [("Range", "bytes=0-1"), ("If-Modified-Since", LAST_MODIFIED)]
    answer = host.request("POST", f"/{colour}/files/get/digits.txt", headers)
    assert (answer.status, answer.body) == (200, DIGITS)


@pytest.mark.parametrize("pattern", ["{}", "W/{}", '"other", {}', "*"])
def test_if_none_match(host: Host, colour: str, pattern: str) -> None:
    """If-None-Match that matches, weakly compared, is 304 with the validators and no body."""
    tag = etag(host, colour)
    answer = get(host, colour, ("If-None-Match", pattern.format(tag)))
    assert (answer.status, answer.body, answer.header("etag")) == (304, b"", tag)
    assert answer.header("last-modified") == LAST_MODIFIED


def test_if_none_match_fails(host: Host, colour: str) -> None:
    """If-None-Match that does not match sends the file."""
    answer = get(host, colour, ("If-None-Match", '"other"'))
    assert (answer.status, answer.body) == (200, DIGITS)


@pytest.mark.parametrize(("date", "status"), [(LAST_MODIFIED, 304), (LATER, 304), (EARLIER, 200)])
def test_if_modified_since(host: Host, colour: str, date: str, status: int) -> None:
    """If-Modified-Since is 304 unless the file is younger."""
    assert get(host, colour, ("If-Modified-Since", date)).status == status


def test_malformed_date(host: Host, colour: str) -> None:
    """A condition that is no date is no condition."""
    for name in ("If-Modified-Since", "If-Unmodified-Since"):
        assert get(host, colour, (name, "yesterday")).status == 200


def test_if_none_match_beats_if_modified_since(host: Host, colour: str) -> None:
    """Where both stand, the ETag decides."""
    headers = [("If-None-Match", '"other"'), ("If-Modified-Since", LATER)]
    assert get(host, colour, *headers).status == 200


def test_if_match(host: Host, colour: str) -> None:
    """If-Match that fails is 412; weak tags never match."""
    tag = etag(host, colour)
    for given, status in ((tag, 200), ("*", 200), ('"other"', 412), (f"W/{tag}", 412)):
        assert get(host, colour, ("If-Match", given)).status == status, given


def test_if_unmodified_since(host: Host, colour: str) -> None:
    """If-Unmodified-Since is 412 where the file is younger."""
    for date, status in ((LAST_MODIFIED, 200), (LATER, 200), (EARLIER, 412)):
        assert get(host, colour, ("If-Unmodified-Since", date)).status == status, date


def test_if_match_beats_if_unmodified_since(host: Host, colour: str) -> None:
    """Where both stand, the ETag decides."""
    headers = [("If-Match", etag(host, colour)), ("If-Unmodified-Since", EARLIER)]
    assert get(host, colour, *headers).status == 200


@pytest.mark.parametrize(
    ("wanted", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=2-4", 2, 5),
        ("bytes=7-", 7, 10),
        ("bytes=-3", 7, 10),
        ("bytes=-30", 0, 10),
        ("bytes=5-100", 5, 10),
        ("bytes=0-", 0, 10),
    ],
)
def test_range(host: Host, colour: str, wanted: str, start: int, stop: int) -> None:
    """One range is 206 with these bytes, and tells where they stand."""
    answer = get(host, colour, ("Range", wanted))
    assert (answer.status, answer.body, answer.complete) == (206, DIGITS[start:stop], True)
    assert answer.header("content-range") == f"bytes {start}-{stop - 1}/10"
    assert answer.header("content-length") == str(stop - start)


@pytest.mark.parametrize("wanted", ["bytes=10-", "bytes=100-200"])
def test_unsatisfiable_range(host: Host, colour: str, wanted: str) -> None:
    """A range beyond the end is 416, and tells the length."""
    answer = get(host, colour, ("Range", wanted))
    assert (answer.status, answer.header("content-range")) == (416, "bytes */10")


@pytest.mark.parametrize(
    "wanted", ["bytes=0-1,3-4", "lines=0-1", "bytes=-0", "bytes=4-2", "bytes=x", "bytes=", "0-1"]
)
def test_range_that_is_not_served(host: Host, colour: str, wanted: str) -> None:
    """Several ranges, other units and malformed ones are answered with the whole file."""
    answer = get(host, colour, ("Range", wanted))
    assert (answer.status, answer.body) == (200, DIGITS)
    assert answer.header("content-range") is None


def test_range_of_an_empty_file(host: Host, colour: str) -> None:
    """An empty file has no range to give."""
    assert get(host, colour, ("Range", "bytes=0-"), name="empty.bin").status == 416


def test_range_of_a_large_file(host: Host, colour: str) -> None:
    """A range across the file's chunks is exact."""
    answer = get(host, colour, ("Range", "bytes=200000-4000000"), name="large.bin")
    assert answer.body == CONTENTS["large.bin"][200_000:4_000_001]


def test_if_range(host: Host, colour: str) -> None:
    """If-Range that holds, by ETag or by date, gives the range; otherwise the whole file."""
    tag = etag(host, colour)
    partial = {tag: 206, LAST_MODIFIED: 206, '"other"': 200, f"W/{tag}": 200, EARLIER: 200}
    for condition, status in partial.items():
        answer = get(host, colour, ("Range", "bytes=0-1"), ("If-Range", condition))
        assert (answer.status, len(answer.body)) == (status, 2 if status == 206 else 10), condition


def test_head_ignores_ranges(host: Host, colour: str) -> None:
    """Range is for GET alone."""
    headers = [("Range", "bytes=0-1")]
    answer = host.request("HEAD", f"/{colour}/files/get/digits.txt", headers)
    assert (answer.status, answer.header("content-length")) == (200, "10")


def test_condition_beats_range(host: Host, colour: str) -> None:
    """A precondition is answered before the range."""
    headers = [("Range", "bytes=0-1"), ("If-None-Match", etag(host, colour))]
    assert get(host, colour, *headers).status == 304


def test_304_has_no_content_length(host: Host, colour: str) -> None:
    """304 declares no length that a client could wait for."""
    answer = get(host, colour, ("If-None-Match", "*"))
    assert answer.header("content-length") in (None, "10")
    assert answer.complete


DISPOSITIONS = {
    "plain": 'attachment; filename="report.txt"',
    "unicode": 'attachment; filename="B?cher ?.txt"; '
    "filename*=UTF-8''B%C3%BCcher%20%E9%9B%AA.txt",
    "quote": "attachment; filename=\"a_b_c.txt\"; filename*=UTF-8''a%22b%5Cc.txt",
    "path": 'attachment; filename="x.txt"',
    "break": "attachment; filename=\"a__X-Evil: 1.txt\"; filename*=UTF-8''a%0D%0AX-Evil%3A%201.txt",
}


@pytest.mark.parametrize("name", DISPOSITIONS)
def test_attachment(host: Host, colour: str, name: str) -> None:
    """An attachment's name keeps its characters (RFC 6266), not its folder, and injects nothing."""
    answer = host.get(f"/{colour}/files/attached/{name}")
    assert answer.all("content-disposition") == [DISPOSITIONS[name]]
    assert (answer.all("x-evil"), answer.body) == ([], DIGITS)


def test_inline_name(host: Host, colour: str) -> None:
    """A name alone does not make an attachment."""
    answer = host.get(f"/{colour}/files/inline")
    assert answer.header("content-disposition") == 'inline; filename="x.txt"'
