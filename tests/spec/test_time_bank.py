"""The time bank: a ledger that balances, and what is found where it does not."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from etl.indicators.mutual import (
    bank_accounts_wrong,
    bank_coins_cashed,
    bank_entries_doubtful,
    bank_hours_earned,
    bank_hours_spent,
    bank_liability,
    match_hours_median,
    match_rate,
    mutual_service_share,
)
from tests.spec.world import World

XIAOHE, STREET, OTHER, DISTRICT = "330105003051", "330105003", "330105001", "330105"
ACCOUNTS = """
    account_id | community_code | balance
    A          | 330105003051   | {a}
    B          | 330105001051   | {b}
    """


def test_what_is_owed_is_earned_less_spent_and_cashed_wherever_the_holder_lives(spec):
    spec.given("time_bank_account", ACCOUNTS.format(a="2.5", b="2")).given("time_bank_entry", """
        entry_id | account_id | kind     | minutes | coins | counterpart | transfer_no | occurred_at
        L1       | A          | 存入     | 300     | 10    |             |             | 2026-09-03 09:00
        L2       | A          | 强制储蓄 |         | 2     |             |             | 2026-09-30 23:00
        L3       | A          | 转出     |         | 3.5   | B           | Z1          | 2026-10-05 10:00
        L4       | B          | 转入     |         | 3.5   | A           | Z1          | 2026-10-05 10:00
        L5       | B          | 兑换     | 45      | 1.5   | A           |             | 2026-10-06 10:00
        L6       | A          | 折现     |         | 2     |             |             | 2026-10-20 10:00
        """)
    spec.at("2026-09").gives(bank_liability, {XIAOHE: 10, OTHER: 0, DISTRICT: 10}).gives(bank_hours_earned, {DISTRICT: 5})
    spec.at("2026-10").gives(bank_liability, {XIAOHE: "4.5", OTHER: 2, DISTRICT: "6.5"})
    spec.gives(bank_hours_spent, {OTHER: "0.75"}).gives(bank_coins_cashed, {DISTRICT: 2})
    spec.gives(mutual_service_share, {OTHER: "0.75/0"}).gives(bank_accounts_wrong, {DISTRICT: 0})
    spec.gives(bank_entries_doubtful, {DISTRICT: 0})


def test_an_account_whose_reported_balance_is_not_that_of_its_entries_is_wrong_from_its_last_entry_on(spec):
    spec.given("time_bank_account", ACCOUNTS.format(a="9", b="0")).given("time_bank_entry", """
        entry_id | account_id | kind | coins | occurred_at
        L1       | A          | 存入 | 8     | 2026-08-03 09:00
        L2       | A          | 存入 | 2     | 2026-09-03 09:00
        """)
    for month, wrong in (("2026-08", 0), ("2026-09", 1), ("2026-10", 1)):
        spec.at(month).gives(bank_accounts_wrong, {XIAOHE: wrong, DISTRICT: wrong})


def test_spending_more_than_there_is_is_doubtful_and_the_account_is_wrong(spec):
    spec.given("time_bank_account", ACCOUNTS.format(a="-1", b="0")).given("time_bank_entry", """
        entry_id | account_id | kind | minutes | coins | occurred_at
        L1       | A          | 存入 | 60      | 1     | 2026-10-03 09:00
        L2       | A          | 折现 |         | 2     | 2026-10-04 09:00
        """).gives(bank_entries_doubtful, {DISTRICT: 1}).gives(bank_accounts_wrong, {DISTRICT: 1})


def test_both_sides_of_a_transfer_that_does_not_balance_are_doubtful(spec):
    spec.given("time_bank_account", ACCOUNTS.format(a="1", b="8")).given("time_bank_entry", """
        entry_id | account_id | kind | coins | counterpart | transfer_no | occurred_at
        L1       | A          | 存入 | 5     |             |             | 2026-10-03 09:00
        L2       | A          | 转出 | 3     | B           | Z1          | 2026-10-04 09:00
        L3       | B          | 转入 | 8     | A           | Z1          | 2026-10-04 09:00
        L4       | A          | 转出 | 1     | B           | Z2          | 2026-10-05 09:00
        """).gives(bank_entries_doubtful, {DISTRICT: 3, STREET: 2})


def test_more_than_a_day_in_a_day_an_entry_edited_later_and_mutual_service_are_doubtful(spec):
    spec.given("time_bank_account", ACCOUNTS.format(a="0", b="0")).given("time_bank_entry", """
        entry_id | account_id | kind | minutes | coins | counterpart | occurred_at      | recorded_at      | edited_at
        L1       | A          | 存入 | 900     | 1     |             | 2026-10-03 01:00 | 2026-10-03 20:00 |
        L2       | A          | 存入 | 541     | 1     |             | 2026-10-03 12:00 | 2026-10-03 20:00 |
        L3       | A          | 存入 | 1440    | 1     |             | 2026-10-04 00:00 | 2026-10-04 20:00 | 2026-10-05 20:00
        L4       | A          | 存入 | 60      | 1     |             | 2026-10-05 09:00 | 2026-10-05 20:00 | 2026-10-06 20:01
        L5       | A          | 存入 | 60      | 1     | B           | 2026-10-06 09:00 | 2026-10-06 20:00 |
        L6       | A          | 存入 | 60      | 1     | B           | 2026-10-07 09:00 | 2026-10-07 20:00 |
        L7       | B          | 存入 | 60      | 1     | A           | 2026-10-08 09:00 | 2026-10-08 20:00 |
        L8       | B          | 存入 | 60      | 1     | A           | 2026-10-09 09:00 | 2026-10-09 20:00 |
        L9       | B          | 存入 | 60      | 1     | A           | 2026-09-09 09:00 | 2026-09-09 20:00 |
        """)
    spec.gives(bank_entries_doubtful, {XIAOHE: 5, DISTRICT: 7}).at("2026-09").gives(bank_entries_doubtful, {DISTRICT: 0})


def test_three_who_serve_each_other_in_a_circle_are_doubtful_and_a_chain_is_not(spec):
    who = "".join(f"\n        {a} | 个人 | 330105003051" for a in "CDEF")
    spec.given("time_bank_account", ACCOUNTS.format(a="0", b="0")).given("time_bank_account", f"account_id | holder_kind | community_code{who}")
    pairs = [("A", "B", 10), ("B", "C", 10), ("C", "A", 10), ("D", "E", 10), ("E", "F", 10), ("A", "B", 9), ("B", "C", 9)]
    rows = [f"{a}{b}{m}{n} | {a} | 存入 | 60 | 1 | {b} | 2026-{m:02d}-{3 + n:02d} 09:00" for a, b, m in pairs for n in (0, 1)]
    rows += ["CA9 | C | 存入 | 60 | 1 | A | 2026-09-05 09:00"]  # once is not twice
    spec.given("time_bank_entry", "\n".join(["entry_id | account_id | kind | minutes | coins | counterpart | occurred_at", *rows]))
    spec.gives(bank_entries_doubtful, {DISTRICT: 6}).at("2026-09").gives(bank_entries_doubtful, {DISTRICT: 0})
    assert spec.world.con.execute("select count(*) filter (where ring), count(*) filter (where mutual) from bank_entry_fact").fetchone() == (6, 0)


def test_a_request_is_matched_when_a_volunteer_was_found_unless_it_was_withdrawn_before(spec):
    spec.elders("""
        elder
        E1
        """).given("time_bank_request", """
        request_id | posted_at        | matched_at       | status
        Q1         | 2026-10-01 08:00 | 2026-10-01 10:00 | 已完成
        Q2         | 2026-10-02 08:00 | 2026-10-03 08:00 | 已取消
        Q3         | 2026-10-03 08:00 | 2026-10-03 13:00 | 已匹配
        Q4         | 2026-10-04 08:00 |                  | 已取消
        Q5         | 2026-10-05 08:00 |                  | 已过期
        """).gives(match_rate, {XIAOHE: "3/4", OTHER: "0/0", DISTRICT: "3/4"}).gives(match_hours_median, {XIAOHE: "5/3"})


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["存入", "兑换", "折现", "强制储蓄", "转"]), st.sampled_from("AB"), st.integers(1, 900), st.integers(0, 70),
    ),
    max_size=24,
)  # fmt: skip


@settings(max_examples=15, deadline=None)
@given(STEPS)
def test_transfers_never_change_what_the_bank_owes(steps):
    world = World()
    rows = []
    for n, (kind, who, cents, day) in enumerate(steps):
        at = f"{date(2026, 8, 1) + timedelta(days=day)} 09:00"
        head = {"entry_id": f"L{n:03d}", "occurred_at": at, "recorded_at": at, "coins": Decimal(cents) / 100}
        if kind == "转":
            other = "B" if who == "A" else "A"
            rows.append({**head, "account_id": who, "kind": "转出", "counterpart": other, "transfer_no": f"Z{n}"})
            rows.append({**head, "entry_id": f"M{n:03d}", "account_id": other, "kind": "转入", "counterpart": who, "transfer_no": f"Z{n}"})
        else:
            rows.append({**head, "account_id": who, "kind": kind})
    world.add("time_bank_account", {"account_id": "A"}, {"account_id": "B", "community_code": "330105001051"})
    world.add("time_bank_entry", *rows).build(bank_liability.marts)
    sums = {k: sum((r["coins"] for r in rows if r["kind"] == k), Decimal(0)) for k in ("存入", "兑换", "折现")}
    owed, _ = world.measure(bank_liability, DISTRICT.ljust(12, "0"), "2026-10")
    assert owed == sums["存入"] - sums["兑换"] - sums["折现"]
