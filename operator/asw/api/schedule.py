"""The Schedule: when Executions of a Workflow start by themselves."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, ClassVar, Final

from pydantic import AfterValidator, Field, model_validator

from asw.api.conditions import Conditions
from asw.api.execution import Phase, WorkflowReference
from asw.api.objects import (
    PRESERVE_UNKNOWN,
    CustomResource,
    Instant,
    ObjectName,
    Part,
    Shown,
    rule,
    rules,
)
from asw.asl.values import Json
from asw.schedules.backfill import Order, Progress
from asw.schedules.cron import EVERY, LONGEST_CRON, zone_named
from asw.schedules.due import ON_TIME, CatchUp, Concurrency, Rules
from asw.schedules.input import check_input
from asw.schedules.spans import SPAN_PATTERN, parse_span
from asw.schedules.timetable import Timetable, timetable

ONE_OF_TIMES: Final = "set exactly one of cron and every"
ZONE_IS_FOR_CRON: Final = "timeZone is for cron: every follows elapsed time"
ENDS_BEFORE: Final = "endAt must be after startAt"
BACKFILL_ENDS: Final = "backfill.to must not be before backfill.from"
_ZONE: Final = r"^[A-Za-z0-9_+/-]+$"
_SAMPLE: Final = datetime(2026, 1, 1, tzinfo=UTC)
MOST_BACKFILLS: Final = 1000
"""The greatest number of an order, as for redrives."""
LONGEST_NAME: Final = 52
"""Characters of metadata.name, as for CronJobs, so that names of runs are readable."""


def _span(text: str) -> str:
    parse_span(text)
    return text


def _cron(text: str) -> str:
    timetable(text, "UTC", _SAMPLE)
    return text


def _template(value: Json) -> Json:
    check_input(value)
    return value


def _zone(name: str) -> str:
    zone_named(name)
    return name


class BackfillOrder(Part):
    """An order to run instants of the past."""

    model_config = rules(rule("self.to >= self.from", BACKFILL_ENDS, ".to"))

    number: int = Field(ge=1, le=MOST_BACKFILLS, strict=True)
    """The number of this order: 1 the first time, then 2. A number that was carried out before
    changes nothing."""

    from_: Instant = Field(alias="from")
    """The first instant that counts."""

    to: Instant
    """The last instant that counts. Instants that have not come yet are left out."""

    per_minute: int = Field(default=10, ge=1, le=6000, strict=True)
    """How many runs are started a minute, at most."""

    @model_validator(mode="after")
    def _has_order(self) -> "BackfillOrder":
        if self.to < self.from_:
            raise ValueError(BACKFILL_ENDS)
        return self

    @property
    def order(self) -> Order:
        """The order, as decisions take it."""
        return Order(number=self.number, begin=self.from_, end=self.to, per_minute=self.per_minute)


class ScheduleSpec(Part):
    """What to start, and when."""

    model_config = rules(
        rule("has(self.cron) != has(self.every)", ONE_OF_TIMES),
        rule("!has(self.every) || !has(self.timeZone)", ZONE_IS_FOR_CRON, ".timeZone"),
        rule(
            "!has(self.startAt) || !has(self.endAt) || self.endAt > self.startAt",
            ENDS_BEFORE,
            ".endAt",
        ),
        rule(
            "!has(oldSelf.backfill) || !has(self.backfill)"
            " || self.backfill.number > oldSelf.backfill.number"
            " || self.backfill == oldSelf.backfill",
            "spec.backfill can only be changed together with a greater number",
            ".backfill",
        ),
    )

    workflow_ref: WorkflowReference
    """The Workflow to run, in the same namespace."""

    cron: (
        Annotated[str, Field(min_length=1, max_length=LONGEST_CRON), AfterValidator(_cron)] | None
    ) = None
    """Minute, hour, day of month, month, day of week: "30 2 * * MON-FRI". Also @daily, @hourly,
    @weekly, @monthly, @yearly and @every 12h. Over the jumps of a time zone: a fixed hour that
    happens twice starts one run, one that is missing starts it at its end; fields that begin with
    a star follow elapsed time."""

    time_zone: Annotated[str, Field(max_length=64, pattern=_ZONE), AfterValidator(_zone)] | None = (
        None
    )
    """The IANA time zone of cron, such as Europe/Berlin or Asia/Shanghai. Default: UTC."""

    every: (
        Annotated[
            str,
            Field(min_length=2, max_length=32, pattern=SPAN_PATTERN),
            AfterValidator(_span),
        ]
        | None
    ) = None
    """The time from one run to the next, such as 90s, 30m, 12h, 1h30m or 7d, whatever clocks are
    set to."""

    start_at: Instant | None = None
    """Nothing starts before; every counts from here, and starts a run here. Default: when the
    Schedule was created, and the first run one span later."""

    end_at: Instant | None = None
    """Nothing starts after."""

    input: Annotated[Json, AfterValidator(_template)] = Field(
        default=None, json_schema_extra={**PRESERVE_UNKNOWN, "nullable": True}
    )
    """The input of each run, up to 16 KiB, as a payload template: in a field whose name ends in .$
    the value is a path into $$.Schedule (Name, ScheduledTime, LocalTime, LastSuccessTime) or an
    intrinsic function such as States.Format. Default: the Workflow's defaultInput, or else an
    empty object."""

    concurrency_policy: Concurrency = "Allow"
    """What happens if runs of this Schedule are not over: Allow starts another one beside them,
    Forbid starts none, Replace stops them, Queue lets the new one wait (suspended) for its turn."""

    starting_deadline_seconds: int | None = Field(default=None, ge=1, le=31_536_000, strict=True)
    """How late a run may be started and still count as on time, for example because the operator
    was away. Default: 120."""

    catch_up: CatchUp | None = None
    """What happens to instants that are later than that: None leaves them out, Last starts the
    latest one, All starts all of them, up to catchUpLimit. Default: Last, or None if
    startingDeadlineSeconds is set."""

    catch_up_limit: int = Field(default=100, ge=1, le=1000, strict=True)
    """How many late instants are caught up, the latest ones; also how many runs may wait by
    concurrencyPolicy Queue."""

    jitter_seconds: int = Field(default=0, ge=0, le=86400, strict=True)
    """Runs start up to so much later: by a time that differs from Schedule to Schedule and stays
    the same for each, so that not all start at once. ScheduledTime does not change."""

    suspend: bool = Field(default=False, strict=True)
    """If true, nothing is started. Instants that pass meanwhile are not caught up."""

    backfill: BackfillOrder | None = None
    """An order to run instants of the past, once per number; asw backfill writes it."""

    @model_validator(mode="after")
    def _makes_sense(self) -> "ScheduleSpec":
        if (self.cron is None) == (self.every is None):
            raise ValueError(ONE_OF_TIMES)
        if self.every is not None and self.time_zone is not None:
            raise ValueError(ZONE_IS_FOR_CRON)
        if self.start_at is not None and self.end_at is not None and self.end_at <= self.start_at:
            raise ValueError(ENDS_BEFORE)
        return self

    @property
    def rules(self) -> Rules:
        """What becomes of late instants, and of those that come while it runs."""
        seconds, wish = self.starting_deadline_seconds, self.catch_up
        return Rules(
            concurrency=self.concurrency_policy,
            catch_up=wish or ("Last" if seconds is None else "None"),
            limit=self.catch_up_limit,
            on_time=ON_TIME if seconds is None else timedelta(seconds=seconds),
        )

    @property
    def times(self) -> str:
        """When it starts runs, as one line for people: ``30 2 * * * Europe/Berlin``."""
        if self.every is not None:
            return f"every {self.every}"
        return f"{self.cron} {self.time_zone or 'UTC'}"

    def timetable(self, created_at: datetime) -> Timetable:
        """When something is due. Raises ValueError if the cron expression is wrong."""
        times = self.cron if self.every is None else EVERY + self.every
        assert times is not None, "the model has one of them"
        zone = self.time_zone or "UTC"
        return timetable(times, zone, created_at, self.start_at, self.end_at)


class BackfillStatus(Shown):
    """How far the newest backfill is."""

    number: int = 0
    """The number of the order."""

    started: int = 0
    """How many runs it has started."""

    until: Instant | None = None
    """The last instant that was started."""

    completion_time: Instant | None = None
    """When the last one was started."""

    @property
    def progress(self) -> Progress:
        """The progress, as decisions take it."""
        return Progress(
            number=self.number,
            started=self.started,
            until=self.until,
            is_over=self.completion_time is not None,
        )


class ScheduleStatus(Shown):
    """What the operator has done, and will do next."""

    observed_generation: int = -1
    """The metadata.generation that this describes."""

    conditions: Conditions = ()
    """Ready, and Stalled if only a change of the Schedule helps."""

    times: str | None = Field(default=None, max_length=400)
    """When runs start, in one line."""

    next_schedule_time: Instant | None = None
    """The next instant; missing if there is none, or the Schedule is suspended."""

    last_schedule_time: Instant | None = None
    """The latest instant for which a run was started."""

    last_execution: ObjectName | None = None
    """metadata.name of that run."""

    last_outcome: Phase | None = None
    """How the latest run that is over ended."""

    last_success_time: Instant | None = None
    """The latest instant whose run succeeded; not the time at which it ended."""

    active: int = 0
    """How many runs are not over, those that wait included."""

    waiting: int = 0
    """How many of them wait for those before them."""

    missed: int = 0
    """For how many instants nothing was started: they were too late, or runs were not over."""

    decided_until: Instant | None = None
    """All instants up to this one have been dealt with."""

    suspended: bool = False
    """Whether spec.suspend was seen."""

    backfill: BackfillStatus | None = None
    """How far the newest backfill is."""


class Schedule(CustomResource):
    """Starts Executions of a Workflow: by the clock of a time zone, or once in a span of time.

    Runs are named after the Schedule and the instant, so that none is started twice.
    """

    kind: ClassVar[str] = "Schedule"
    plural: ClassVar[str] = "schedules"
    short_name: ClassVar[str] = "sched"

    model_config = rules(
        rule(
            f"size(self.metadata.name) <= {LONGEST_NAME}",
            f"the name of a Schedule may have {LONGEST_NAME} characters",
        )
    )

    spec: ScheduleSpec
    """What to start, and when."""

    status: ScheduleStatus = Field(default_factory=ScheduleStatus)
    """What the operator has done, and will do next."""
