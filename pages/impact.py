"""影响评估: who is concerned if a provider leaves, and who could take over."""

from dashboard.views import impact_choice, impact_detail, register_page, subject

register_page(
    __name__, path="/impact", title="影响评估", order=51, parent="/exits",
    layout=subject(below=[impact_choice]),
    detail=impact_detail(),
)  # fmt: skip
