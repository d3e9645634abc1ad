"""Which addresses of a real archive are one link, and what telling costs.

    python -m benchmarks.registering [--list FILE]

Prints how many addresses the issues of the archive hold, how many are web or mail addresses and so
have a link, the distinct canonical ones, and the merges by the rule that makes them. `--list`
writes every merge down: the canonical address with its spellings as written. The known pairs of
addresses (`url-pairs.tsv`) are told same or different; a wrong one fails the run.

The yardstick of CPU is what the standard library does without knowing anything: each address
split, its host in small letters, its parameters in order, and joined again.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from links.normalizing import RULES_VERSION, AddressError, canonicalize, source_name, trace
from posts.documents import parse_issue
from posts.rendering import read_issue
from tests.corpus import ROOT, issue_files

FOLDERS = ("seed", "twir", "ainews")
MAX_RATIO = 3.0
Merges = dict[str, dict[str, list[str]]]


def main(target: Path | None) -> int:
    """Print the figures; return 1 if a known pair is told wrong or telling costs too much."""
    files = [path for folder in FOLDERS for path in issue_files(folder)]
    if not files:
        print(f"no archive in {ROOT}", file=sys.stderr)
        return 1
    written = Counter(url for path in files for url in addresses(path))
    pages, refused = group(written)
    merges = by_rule(pages)
    wrong = list(wrong_pairs(ROOT / "url-pairs.tsv"))
    print(f"issues {len(files)}, places of links {written.total()}, rules {RULES_VERSION}")
    print(f"addresses as written {len(written)}, no web or mail address {len(refused)}")
    print(f"distinct canonical addresses {len(pages)}, sources {count_sources(pages)}")
    for rule, found in merges.items():
        spellings = sum(len(urls) for urls in found.values())
        print(f"  merged by {rule}: {spellings} addresses are {len(found)} pages")
    print(f"wrong among the known pairs {len(wrong)}", *wrong, sep="\n  ")
    if target:
        target.write_text("\n".join(report(merges, refused)) + "\n", encoding="utf-8")
    ratio = compare_cost(set(written) - set(refused))
    return int(bool(wrong) or ratio > MAX_RATIO)


def addresses(path: Path) -> Iterator[str]:
    """Give the address of every link of an issue, as written."""
    issue = parse_issue(path.read_bytes(), path.name)
    parsed = read_issue(issue.markdown)
    return (link.url for section in parsed.sections for link in section.links)


def group(written: Iterable[str]) -> tuple[dict[str, list[str]], list[str]]:
    """Return the spellings of each canonical address, and what is no web or mail address."""
    pages: dict[str, list[str]] = defaultdict(list)
    refused = []
    for url in sorted(written):
        try:
            pages[canonicalize(url)].append(url)
        except AddressError:
            refused.append(url)
    return pages, refused


def by_rule(pages: dict[str, list[str]]) -> Merges:
    """Return the pages of several spellings by the rule after which all of these are equal."""
    merges: Merges = defaultdict(dict)
    for page, urls in sorted(pages.items()):
        if len(urls) > 1:
            merges[_merging_rule(urls)][page] = urls
    return merges


def _merging_rule(urls: list[str]) -> str:
    if urls[0][:7].lower() == "mailto:":
        return "spelling"
    traces = [trace(url) for url in urls]
    return next(rule for rule in traces[0] if len({steps[rule] for steps in traces}) == 1)


def report(merges: Merges, refused: list[str]) -> Iterator[str]:
    """Give the lines of the list: every merge under its rule, then what has no link."""
    for rule, found in merges.items():
        yield f"# merged by {rule}"
        for page, urls in found.items():
            yield f"{page} ← {' '.join(urls)}"
    yield "# no web or mail address"
    yield from (url or "(empty)" for url in refused)


def count_sources(pages: Iterable[str]) -> int:
    return len({source_name(page) for page in pages})


def wrong_pairs(path: Path) -> Iterator[str]:
    """Give the lines of a list of known pairs that the rules tell wrong."""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            verdict, one, other, _why = line.split("\t")
            if (canonicalize(one) == canonicalize(other)) is not (verdict == "same"):
                yield line


def compare_cost(urls: Iterable[str]) -> float:
    """Print what each address costs against the yardstick; return the ratio."""
    ours, yardstick = cost(canonicalize.__wrapped__, urls), cost(normalize_plainly, urls)
    print(f"CPU per address {ours:.1f} µs, yardstick {yardstick:.1f} µs")
    print(f"ratio {ours / yardstick:.2f} (at most {MAX_RATIO})")
    return ours / yardstick


def cost(work: Callable[[str], str], urls: Iterable[str]) -> float:
    """Return the CPU microseconds that each address takes, the best of three rounds."""
    rounds = []
    ordered = sorted(urls)
    for _ in range(3):
        started = time.process_time()
        for url in ordered:
            work(url)
        rounds.append(time.process_time() - started)
    return min(rounds) / len(ordered) * 1e6


def normalize_plainly(url: str) -> str:
    """An address as the standard library alone would make it one of several equal ones."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return url
    query = urlencode(sorted(parse_qsl(parts.query, keep_blank_values=True)))
    return urlunsplit((parts.scheme, parts.netloc.lower(), parts.path, query, parts.fragment))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Which addresses of an archive are one link.")
    parser.add_argument("--list", type=Path, metavar="FILE", help="write every merge down")
    sys.exit(main(parser.parse_args().list))
