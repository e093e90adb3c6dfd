"""准入与退出: cases by state with their clocks, and one case with everything that was done in it."""

from dashboard.views import register_page, subject
from dashboard.views.casefile import CaseDetail
from dashboard.views.cases import board, message, opening, publication, relapse, waiting

register_page(
    __name__, path="/cases", title="准入与退出", order=51, right="cases", live=True, detail=CaseDetail(),
    layout=subject(below=[message, board, waiting, opening, publication, relapse]),
)  # fmt: skip
