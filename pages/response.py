"""应急与呼叫: how soon calls are answered and somebody is there, how soon alarms are handled, and by whom."""

from dashboard.views import by_area, by_provider, by_street, lowest_providers, register_page, subject
from etl.indicators.smart import (
    alarm_handled_p90,
    alarms,
    calls,
    calls_answered_rate,
    devices_online,
    emergency_answer_p90,
    emergency_arrival_p90,
)

register_page(
    __name__, path="/response", title="应急与呼叫", order=43, parent="/providers",
    layout=subject(
        strip=[calls, calls_answered_rate, emergency_answer_p90, emergency_arrival_p90, devices_online, alarms, alarm_handled_p90],
        layers=[
            by_area(emergency_arrival_p90, "到场"), by_area(emergency_answer_p90, "应答"), by_area(calls_answered_rate), by_area(alarm_handled_p90),
            by_area(devices_online, "设备在线"),
        ],
        attention=lowest_providers(emergency_arrival_p90, alarm_handled_p90),
        below=[
            by_street(calls, calls_answered_rate, emergency_answer_p90, emergency_arrival_p90, devices_online, alarms, alarm_handled_p90),
            by_provider(emergency_arrival_p90, emergency_answer_p90, alarm_handled_p90, alarms),
        ],
    ),
)  # fmt: skip
