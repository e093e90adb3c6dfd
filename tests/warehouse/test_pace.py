"""What 达标, 有望, 滞后 and 数据不足 mean, as small series."""

from __future__ import annotations

import pytest

from dashboard.warehouse.forecast import fit, forecast, judge, month_name, month_number

Series = list[tuple[str, float | None]]


def series(*values: float | None, last: str = "2026-10") -> Series:
    end = month_number(last)
    return [(month_name(end - len(values) + 1 + i), v) for i, v in enumerate(values)]


RISING = series(*[80 + i for i in range(12)])  # 91 in October, one point a month


@pytest.mark.parametrize(
    ("values", "target", "due", "better", "verdict"),
    [
        (RISING, 91, "2026-12", "higher", "met"),
        (RISING, 93, "2026-12", "higher", "on_pace"),
        (RISING, 93.5, "2026-12", "higher", "behind"),
        (RISING, 95, "2026-10", "higher", "behind"),  # due now and not reached
        (RISING, 95, "2020-12", "higher", "behind"),  # long due
        (RISING, 95, None, "higher", "behind"),  # no term: it holds now or it does not
        (RISING, 95, "2026-12", "lower", "met"),
        (RISING, 85, "2026-12", "lower", "behind"),
        (series(*[20 - i for i in range(12)]), 8, "2026-12", "lower", "on_pace"),
        (series(1, 2, 3, 4, 5), 10, "2026-12", "higher", "unknown"),  # five months make no line
        (series(*[80 + i for i in range(11)], None), 70, "2026-12", "higher", "unknown"),  # no value this month
        (RISING, None, None, "higher", None),
        ([], 90, "2026-12", "higher", "unknown"),
    ],
)
def test_verdict(values: Series, target: float | None, due: str | None, better: str, verdict: str | None) -> None:
    assert judge(values, target, due, better) == verdict


def test_only_the_last_twelve_months_count() -> None:
    fell_then_rose = series(*[100 - 5 * i for i in range(12)], *[50 + i for i in range(12)])
    line = fit(fell_then_rose)
    assert line is not None and line.slope == pytest.approx(1)


def test_the_forecast_runs_to_the_due_month_and_says_when_the_target_is_reached() -> None:
    found = forecast(RISING, 94, "2027-02", "higher", percent=True)
    assert found is not None
    assert [p.month for p in found.points] == ["2026-11", "2026-12", "2027-01", "2027-02"]
    assert [round(p.mid, 6) for p in found.points] == [92, 93, 94, 95]
    assert (found.verdict, found.reach_month) == ("on_pace", "2027-01")


def test_percentages_end_at_one_hundred_and_nothing_falls_below_zero() -> None:
    rising = forecast(series(*[89 + i for i in range(12)]), None, None, "higher", percent=True)
    falling = forecast(series(*[11 - i for i in range(12)]), None, None, "lower", percent=False)
    assert rising is not None and max(p.high for p in rising.points) == 100 and len(rising.points) == 6
    assert falling is not None and min(p.low for p in falling.points) == 0


def test_scatter_widens_the_interval() -> None:
    calm = forecast(RISING, None, None, "higher", percent=False)
    wild = forecast(series(*[80 + i + (4 if i % 2 else -4) for i in range(12)]), None, None, "higher", percent=False)
    assert calm is not None and wild is not None
    assert calm.points[0].high - calm.points[0].low < 1e-6 < wild.points[0].high - wild.points[0].low
    assert wild.points[-1].high - wild.points[-1].low > wild.points[0].high - wild.points[0].low


def test_too_few_months_give_no_forecast() -> None:
    assert forecast(series(1, 2, 3), 5, "2026-12", "higher", percent=False) is None


def test_a_target_missed_at_its_due_month_is_still_said_to_be_reached_later() -> None:
    found = forecast(series(10, 11, 12, 13, 14, 15, 16, 17), 30, "2026-10", "higher", percent=False)
    assert found is not None
    assert (found.verdict, found.reach_month) == ("behind", "2027-11")


def test_a_target_beyond_three_years_is_not_promised() -> None:
    found = forecast(series(10.0, 10.1, 10.2, 10.3, 10.4, 10.5, 10.6, 10.7), 30, "2026-10", "higher", percent=False)
    assert found is not None
    assert (found.verdict, found.reach_month) == ("behind", None)
