#!/bin/sh
# meta-agents-research-environments 1.2.0: depends_on(..., schedule_every_ticks=...) of ConditionCheckEvent and of
# ValidationEvent drops the interval: both methods assign the event's own value to the argument instead of the other way.
# The same argument of AgentValidationEvent, and schedule(every_ticks=...) of ValidationEvent, do set it.
# Expected: the condition is asked at 0, 10, 20 seconds and so on, as its dependency says.
# Seen: it is asked at each of the first 31 seconds, 31 times instead of 4.
set -eu
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
cd "$directory"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check meta-agents-research-environments==1.2.0
cat > interval.py <<'PYTHON'
from are.simulation.types import AgentValidationEvent, ConditionCheckEvent, Event, ValidationEvent

first = Event(event_id="first")
for cls in (ConditionCheckEvent, ValidationEvent, AgentValidationEvent):
    event = cls(event_id="check").depends_on(first, schedule_every_ticks=10, timeout=30)
    print(cls.__name__, event.schedule_every_ticks, event.timeout)
print("schedule", ValidationEvent(event_id="check").schedule(every_ticks=10, timeout=30).schedule_every_ticks)

asked = []
check = ConditionCheckEvent.from_condition(lambda env: asked.append(env) or False)
check = check.depends_on(None, schedule_every_ticks=10, timeout=30)
check.event_time = 0
times = []
while True:
    times.append(check.event_time)
    true, _ = check.check(None)
    if true or check.is_timeout():
        break
    check = check.get_next_check_event(1)
print("asked", len(asked), "times, first at", *times[:3])
PYTHON
seen=$(venv/bin/python interval.py 2>/dev/null)
printf '%s\n' "$seen"
test "$seen" = "ConditionCheckEvent 1 30
ValidationEvent 1 30
AgentValidationEvent 10 30
schedule 10
asked 31 times, first at 0 1 2"
