"""Impact before decision: who loses service when a provider leaves, and who could take over. Pure: numbers in, a plan out."""

from dashboard.impact.assign import Assignment, Want, assign
from dashboard.impact.plan import Group, Need, Offer, Placement, Plan, Reason, Room, make_plan, rooms
from dashboard.impact.result import Elder, Impact, Money, Prepaid, Refund, Staff

__all__ = [
    "Assignment",
    "Elder",
    "Group",
    "Impact",
    "Money",
    "Need",
    "Offer",
    "Placement",
    "Plan",
    "Prepaid",
    "Reason",
    "Refund",
    "Room",
    "Staff",
    "Want",
    "assign",
    "make_plan",
    "rooms",
]
