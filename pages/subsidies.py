"""补贴资金: from budget to payment, by programme and by street."""

from dashboard.views import by_area, money_watch, register_page, subject
from dashboard.views.subsidies import by_programme, by_street, funnel
from etl.indicators.money import (
    execution_rate,
    pay_days_median,
    returned_payments,
    subsidy_applied,
    subsidy_approved,
    subsidy_budget,
    subsidy_coverage,
    subsidy_paid,
)

register_page(
    __name__, path="/subsidies", title="补贴资金", order=30,
    layout=subject(
        strip=[subsidy_budget, subsidy_applied, subsidy_approved, subsidy_paid, execution_rate, pay_days_median, returned_payments],
        layers=[by_area(execution_rate), by_area(subsidy_paid), by_area(subsidy_coverage), by_area(pay_days_median)],
        attention=money_watch,
        below=[funnel, by_street, by_programme],
        sheets={"programmes": "按项目", "streets": "按街道"},
    ),
)  # fmt: skip
