"""政策试算: a draft policy on the map, who would rise or fall and which cases would open."""

from dashboard.views import register_page, subject
from dashboard.views.trial_map import TrialDetail, overview

register_page(__name__, path="/trials", title="政策试算", order=81, parent="/policies", right="policy_try", live=True, detail=TrialDetail(), layout=subject(below=[overview]))
