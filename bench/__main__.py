"""``make bench``: measures the line and the application, prints the result and writes docs/benchmarks.md."""

from __future__ import annotations

import argparse
import compileall
import os
import statistics
import tempfile
from datetime import date
from pathlib import Path

from bench import line, night, pages, rating, scale
from bench.measure import machine
from etl.paths import DEFAULT_REGION, ROOT, Layout

TARGET = ROOT / "docs" / "benchmarks.md"


def main() -> None:
    """Run everything; ``--var`` keeps the runtime folder for a second look, ``--only pages`` measures a folder that has been run."""
    options = argparse.ArgumentParser(prog="python -m bench")
    options.add_argument("--var", type=Path)
    options.add_argument("--only", choices=("line", "pages", "night", "rating", "scale"))
    options.add_argument("--scale", type=float, default=8.5, help="with --only scale: how many times the district, over ten years (8.5: fifty million orders)")
    chosen = options.parse_args()
    for folder in ("dashboard", "data", "etl"):  # as in an installation, also where this process may not write what it compiles
        compileall.compile_dir(ROOT / folder, quiet=1)
    with tempfile.TemporaryDirectory() as folder:
        var = (chosen.var or Path(folder)).resolve()
        rows: list[tuple[str, str, str]] = []
        if chosen.only in (None, "line"):
            rows += line_rows(var)
        if chosen.only in (None, "pages"):
            rows += page_rows(var)
        nights = night_rows(var / "night") if chosen.only in (None, "night") else []
        if chosen.only in (None, "rating"):
            rows += rating_rows()
        if chosen.only == "scale":  # an hour: not part of the whole
            rows += scale_rows(var, chosen.scale)
    text = render(rows) + night_text(nights)
    print(text)
    if chosen.only is None:
        TARGET.write_text(text, encoding="utf-8")


def line_rows(var: Path) -> list[tuple[str, str, str]]:
    """The line's measures beside their goals."""
    got = line.run(var)
    simulated, first, again = got["simulate"], got["first"], got["again"]
    return [
        ("Simulate + ETL of the demo, wall", "≤ 90 s", f"{simulated.wall + first.wall:.1f} s ({simulated.wall:.1f} + {first.wall:.1f})"),
        ("… processor time", "", f"{simulated.cpu + first.cpu:.1f} s"),
        ("Unchanged second run, wall", "≤ 10 s", f"{again.wall:.1f} s"),
        ("Peak memory of simulate / ETL", "≤ 2 GB", f"{simulated.peak_mb / 1024:.2f} / {first.peak_mb / 1024:.2f} GB"),
        (f"Contract and checks of {got['rows']:,} orders against bare read_csv + CREATE TABLE AS", "≥ 0.6 × its speed", f"{got['ratio']:.2f} ×"
         f" ({got['checked_s']:.2f} s against {got['bare_s']:.2f} s); by processor {got['ratio_cpu']:.2f} ×"),
    ]  # fmt: skip


def rating_rows() -> list[tuple[str, str, str]]:
    """The rating engine's measure beside its goal."""
    got = rating.run()
    what = f"Ratings with evidence, exits, credit and changes: {got['providers']:,} providers × {got['months']} months, {rating.THREADS} cores"
    return [(what, "≤ 20 s", f"{got['wall']:.1f} s ({got['cpu']:.1f} s of processor), {got['rows']['rating_evidence']:,} rows of evidence")]


def scale_rows(var: Path, times: float) -> list[tuple[str, str, str]]:
    """What an order costs in a district many times the size, beside the district itself."""
    one, many = scale.measure(var / "size-1", 1.0), scale.measure(var / "size-many", times, months=120)
    what = f"Load of {many.orders:,} orders with {', '.join(m for m in scale.MODULES if m != 'order')}"
    return [
        (f"Load of {one.orders:,} orders, the same modules", "", f"{one.used.wall:.1f} s, {one.used.cpu:.1f} s of processor, {one.used.peak_mb / 1024:.2f} GB"),
        (what, "peak ≤ 4 GB", f"{many.used.wall:.0f} s, {many.used.cpu:.0f} s of processor, {many.used.peak_mb / 1024:.2f} GB"),
        ("… processor an order", "≤ 1.3 × of the district's", f"{many.cpu_us:.1f} against {one.cpu_us:.1f} µs: {many.cpu_us / one.cpu_us:.2f} ×"),
        ("… wall clock an order", "", f"{many.wall_us:.1f} against {one.wall_us:.1f} µs: {many.wall_us / one.wall_us:.2f} ×"),
    ]


def night_rows(var: Path) -> list[tuple[str, str, str]]:
    """The nightly line's measures beside their goals."""
    got = night.run(var)
    full, again, micro, orders = got["full"], got["night"], got["micro"], got["orders"]
    rows = []
    if full:
        rows += [
            (f"Full load of all modules ({orders:,} orders)", "≤ 240 s", f"{full.wall:.1f} s, {full.cpu:.1f} s of processor"),
            ("… peak memory", "≤ 4 GB", f"{full.peak_mb / 1024:.2f} GB"),
        ]
    rows += [
        (f"Night: {got['night_orders']:,} new orders, {night.ELDERS} elders moved", "≤ 15 s", f"{again.wall:.1f} s ({again.cpu:.1f} s of processor)"),
        ("… the first one after a full load", "", f"{got['first'].wall:.1f} s ({got['first'].cpu:.1f} s of processor)"),
        (f"Micro-batch of {night.BATCH:,} orders by `yiguan etl watch` until readers open it", "≤ 5 s",
         f"{micro['visible']:.1f} s (run {micro['wall']:.1f} s, processor {micro['cpu']:.1f} s)"),
    ]
    ours = got["ours"]
    rows.append((f"{orders:,} orders read, checked and accounted for", "", f"{ours['cpu']:.1f} s of processor, {ours['peak_mb'] / 1024:.2f} GB"))
    for rival, what in (("pandas", "pandas: typed, newest of each number, Parquet"), ("dlt", "dlt: Arrow batches into DuckDB, unchecked")):
        seen = got[rival]
        told = seen if isinstance(seen, str) else f"{seen['cpu']:.1f} s of processor, {seen['peak_mb'] / 1024:.2f} GB; ours ÷ it {ours['cpu'] / seen['cpu']:.2f} ×"
        rows.append((f"… by {what}", "", told))
    return rows


def night_text(rows: list[tuple[str, str, str]]) -> str:
    """The section on the nightly line; '' where it was not measured."""
    if not rows:
        return ""
    table = "".join(f"| {what} | {goal} | {measured} |\n" for what, goal, measured in rows)
    return f"\n## The line every night\n\n| what | goal | measured |\n| --- | --- | --- |\n{table}"


def page_rows(var: Path) -> list[tuple[str, str, str]]:
    """The application's measures beside their goals."""
    from dashboard.access.demo import DEMO_PASSWORDS
    from dashboard.warehouse import Snapshot
    from etl.region import Region
    from tests.support.serving import chromium, serving

    os.environ["YIGUAN_VAR"] = str(var)
    region = Region.load(DEFAULT_REGION)
    snapshot = Snapshot.current(Layout(var, DEFAULT_REGION.name))
    months = list(snapshot.months)
    listed = {month: list(snapshot.providers(month)) for month in months}
    areas = [a.code for a in region.areas if a.supervised and a.in_force and a.level < 3]
    with serving(var, pages.WORKERS) as address:
        got = pages.run(address, "leader", DEMO_PASSWORDS["leader"], areas, months, snapshot.path, var / "bare.log")
        ones = pages.of_one(address, "leader", DEMO_PASSWORDS["leader"], listed)
        with chromium() as browser:
            visits = [pages.first_page(browser, address, "leader", DEMO_PASSWORDS["leader"]) for _ in range(5)]
    single, uncached, cached, overview, bare = got["single"], got["uncached"], got["cached"], got["overview"], got["bare"]
    return [
        ("A view alone, uncached, as the client sees it", "p50 ≤ 15 ms, p95 ≤ 50 ms", f"p50 {single['p50_ms']:.1f} ms, p95 {single['p95_ms']:.1f} ms"),
        (f"Views uncached, {pages.CLIENTS} clients, {pages.WORKERS} workers", "≥ 150/s", f"{uncached['per_second']:.0f}/s, {uncached['kb']:.1f} KB each"),
        (f"Overview uncached beside a bare WSGI application with the same look-ups ({bare['kb']:.1f} KB JSON)", "beside it",
         f"{overview['per_second']:.0f}/s against {bare['per_second']:.0f}/s: {overview['per_second'] / bare['per_second']:.2f} ×"),
        ("Provider in detail, alone, uncached, all providers and months", "p95 ≤ 50 ms", _waited(ones["detail"])),
        ("Impact of its exit, the same", "", _waited(ones["impact"])),
        ("Two providers compared, the same", "", _waited(ones["compare"])),
        ("Views cached, 16 clients, 2 workers", "≥ 1,500/s", f"{cached['per_second']:,.0f}/s (p50 {cached['p50_ms']:.1f} ms, p95 {cached['p95_ms']:.1f} ms)"),
        ("First page, transferred", "≤ 1.3 MB", f"{max(v['transferred_mb'] for v in visits):.2f} MB in {visits[0]['requests']:.0f} requests"),
        ("First figures visible, cold Chromium, median of 5", "≤ 1.5 s", f"{statistics.median(v['first_figures_s'] for v in visits):.2f} s"),
        ("… and the page alive behind them", "", f"{statistics.median(v['alive_s'] for v in visits):.2f} s"),
    ]  # fmt: skip


def _waited(part: dict[str, float]) -> str:
    return f"p50 {part['p50_ms']:.1f} ms, p95 {part['p95_ms']:.1f} ms"


def render(rows: list[tuple[str, str, str]]) -> str:
    """The document."""
    lines = [
        "# Benchmarks", "",
        f"`make bench`, {date.today():%Y-%m-%d}, {machine()}. The client of the load tests runs on the same cores; machines differ, so compare",  # noqa: DTZ011
        "ratios and goals, not seconds. Demo district at full size (about 1.5 million orders, 24 months).", "",
        "| what | goal | measured |", "| --- | --- | --- |",
        *(f"| {what} | {goal} | {measured} |" for what, goal, measured in rows), "",
    ]  # fmt: skip
    return "\n".join(lines)


if __name__ == "__main__":
    main()
