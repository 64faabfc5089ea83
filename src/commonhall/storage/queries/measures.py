"""Queries of the measures: what a journey counts for, the roll-ups that are made of it, and reading these.

What one row of `measure` counts for is said once, in `_DAYS` and `_MONTHS`. Rolling up applies it to what changed,
rebuilding to all rows; so both give the same counts.
"""

# ruff: noqa: S608 - parts of queries that stand in this file, never anything from outside
from __future__ import annotations

from commonhall.storage.queries import Query

COUNTERS = (
    "starts", "submitted", "ineligible", "elsewhere", "abandoned", "seconds_sum", "sent", "chases", "repeats",
    "score_1", "score_2", "score_3", "score_4", "score_5",
    "closed", "in_time", "late", "fixed", "fixed_first", "wait_hours_sum",
)  # fmt: skip
"""The counters of a day, in the order in which they are read."""

BUCKET_FROM, BUCKET_GROWS = 20, 1.05
"""Durations are counted one by one below the first, then in buckets that grow by the second: within 5%."""


def _counted(on: str, counter: str, value: str = "1", where: str = "true") -> str:
    return f"coalesce(sum(sign * {value}) filter (where what = '{on}' and {where}), 0)::bigint as {counter}"


_DAYS = ",\n".join(
    [
        _counted("start", "starts"),
        _counted("start", "submitted", where="outcome = 'submitted'"),
        _counted("start", "ineligible", where="outcome = 'ineligible'"),
        _counted("start", "elsewhere", where="outcome = 'elsewhere'"),
        _counted("start", "abandoned", where="outcome = 'abandoned'"),
        _counted("start", "seconds_sum", "seconds", "outcome = 'submitted'"),
        _counted("sent", "sent"),
        _counted("sent", "chases", where="again = 'chase'"),
        _counted("sent", "repeats", where="again = 'repeat'"),
        *(_counted("rated", f"score_{score}", where=f"score = {score}") for score in range(1, 6)),
        _counted("closed", "closed"),
        _counted("closed", "in_time", where="on_day <= target_on"),
        _counted("closed", "late", where="on_day > target_on"),
        _counted("closed", "fixed", where="fixed"),
        _counted("closed", "fixed_first", where="fixed and not reopened and not repeated"),
        _counted("closed", "wait_hours_sum", "wait_hours"),
    ]
)
_DAYS = f"""
    select $1::text as council, service, on_day as day, channel, {_DAYS}
    from facts cross join lateral (
      values ('start', day), ('sent', sent_on), ('rated', rated_on), ('closed', closed_on)) as event (what, on_day)
    where on_day is not null group by service, on_day, channel
"""


def _bucket(value: str) -> str:
    return (
        f"case when {value} < {BUCKET_FROM} then {value}"
        f" else {BUCKET_FROM} + floor(ln({value} / {BUCKET_FROM}.0) / ln({BUCKET_GROWS}))::integer end"
    )


_MONTHS = f"""
    select $1::text as council, service, what, date_trunc('month', on_day)::date as month, key, sum(sign)::bigint as count
    from (
      with paths as (
        -- Few, however many journeys there are: so pages are told apart after these are counted.
        select service, date_trunc('month', day)::date as day, path, sum(sign) as sign,
               coalesce(sum(sign) filter (where outcome = 'abandoned'), 0) as given_up
        from facts where outcome is not null and path is not null group by 1, 2, 3
      )
      select service, sign, event.* from facts cross join lateral (values
        ('seconds', day, case when outcome = 'submitted' then ({_bucket("seconds")})::text end),
        ('wait', closed_on, ({_bucket("wait_hours")})::text),
        ('area', sent_on, area), ('street', sent_on, street), ('ward', sent_on, ward)) as event (what, on_day, key)
      union all
      select service, sign, 'reached', day, page
      from paths join measure_path p on p.council = $1 and p.path = paths.path cross join lateral unnest(p.pages) as page
      union all
      select service, given_up, 'left', day, p.pages[cardinality(p.pages)]
      from paths join measure_path p on p.council = $1 and p.path = paths.path where given_up <> 0
    ) as counted
    where on_day is not null and key is not null group by service, what, date_trunc('month', on_day), key
"""

_ADD_DAYS = f"""
    insert into measure_day (council, service, day, channel, {", ".join(COUNTERS)})
    {_DAYS} order by service, on_day, channel
    on conflict (council, service, day, channel) do update
    set {", ".join(f"{one} = measure_day.{one} + excluded.{one}" for one in COUNTERS)}
"""
_ADD_MONTHS = f"""
    insert into measure_month (council, service, what, month, key, count)
    {_MONTHS} order by service, what, month, key
    on conflict (council, service, what, month, key) do update set count = measure_month.count + excluded.count
"""

_LOCK = "hashtextextended('roll-up of ' || $1, 0)"
"""Names the lock under which a council's changes are counted."""

TURN_TO_ROLL_UP = Query(
    "turn_to_roll_up",
    "Let one process at a time count a council's changes; false where another is at it.",
    f"select pg_try_advisory_xact_lock({_LOCK})",
)

WAIT_TO_ROLL_UP = Query(
    "wait_to_roll_up",
    "Let nobody else count a council's changes until this transaction ends.",
    f"select pg_advisory_xact_lock({_LOCK})",
)

HOLD_ROLL_UPS = Query(
    "hold_roll_ups",
    "The same for a session, so that a transaction after it begins with all that others have counted.",
    f"select pg_advisory_lock({_LOCK})",
)

LET_ROLL_UPS = Query(
    "let_roll_ups",
    "Let others count a council's changes again.",
    f"select pg_advisory_unlock({_LOCK})",
)

ROLL_UP = Query(
    "roll_up",
    "Count some of a council's changes, and forget them: all in one statement, so that each counts once.",
    f"""
    with facts as (
      delete from measure_change where council = $1 and change in (
        select change from measure_change where council = $1 order by change limit $2)
      returning *
    ), days as ({_ADD_DAYS} returning 1), months as ({_ADD_MONTHS} returning 1)
    select count(*) from facts
    """,
)

COUNCILS_TO_ROLL_UP = Query(
    "councils_to_roll_up",
    "Whose changes wait to be counted: from one council's first change to the next council's, however many there are.",
    """
    with recursive found as (
      (select council from measure_change order by council limit 1)
      union all
      select (select m.council from measure_change m where m.council > found.council order by m.council limit 1)
      from found where found.council is not null
    ) select council from found where council is not null
    """,
)

MAY_PASS_BY = Query(
    "may_pass_by",
    "Whether this user may write without the database noting what changed.",
    "select current_setting('is_superuser') = 'on' where $1::text is not null",
)

NOTE_NOTHING = "set local session_replication_role = replica"
"""Note no changes in this transaction: all is counted anew after it."""

ADD_PATHS = Query(
    "add_paths",
    "Keep which pages stand behind numbers ($2, and $3: a line each).",
    """
    insert into measure_path (council, path, pages)
    select $1, path, string_to_array(pages, E'\\n') from unnest($2::bigint[], $3::text[]) as given (path, pages)
    on conflict (council, path) do nothing
    """,
)

REBUILD_DAYS = Query(
    "rebuild_days",
    "Count all of a council's journeys by day.",
    f"with facts as not materialized (select 1 as sign, * from measure where council = $1) {_ADD_DAYS}",
)

REBUILD_MONTHS = Query(
    "rebuild_months",
    "Count all of a council's journeys by what is kept by month.",
    f"with facts as not materialized (select 1 as sign, * from measure where council = $1) {_ADD_MONTHS}",
)

PLACES_OF_CASES = Query(
    "places_of_cases",
    "Where a council's cases are, and the ward that their measures say, in the order of references, after one of them.",
    """
    select c.reference, c.measure, c.location, m.ward
    from council_case c join measure m on m.council = c.council and m.measure = c.measure
    where c.council = $1 and c.reference > $2 and c.redacted_at is null
    order by c.reference limit $3
    """,
)

SET_WARDS = Query(
    "set_wards",
    "Say in which wards ($3) the cases of these measures ($2) are.",
    """
    update measure m set ward = given.ward from unnest($2::bigint[], $3::text[]) as given (measure, ward)
    where m.council = $1 and m.measure = given.measure
    """,
)

_FACTS = (
    "service, channel, day, outcome, seconds, score, path, sent_on, target_on, rated_on, closed_on, wait_hours, fixed,"
    " reopened, again, repeated, area, street, ward"
)
_COUNTED_BY_NOW = f"""
    with facts as (
      select 1 as sign, {_FACTS} from measure where council = $1
      union all
      select -sign, {_FACTS} from measure_change where council = $1
    )"""
_SAME = " and ".join(f"coalesce(kept.{one}, 0) = coalesce(counted.{one}, 0)" for one in COUNTERS)

WRONG_DAYS = Query(
    "wrong_days",
    "Counts of days that are not what counting all journeys, less what waits to be counted, gives.",
    f"""
    {_COUNTED_BY_NOW}, counted as ({_DAYS})
    select coalesce(kept.service, counted.service) as service, coalesce(kept.day, counted.day) as day
    from (select * from measure_day where council = $1) as kept
    full join counted on (kept.service, kept.day, kept.channel) = (counted.service, counted.day, counted.channel)
    where not ({_SAME}) group by 1, 2 order by 1, 2
    """,
)

WRONG_MONTHS = Query(
    "wrong_months",
    "The same for what is kept by month.",
    f"""
    {_COUNTED_BY_NOW}, counted as ({_MONTHS})
    select coalesce(kept.service, counted.service) as service, coalesce(kept.month, counted.month) as month
    from (select * from measure_month where council = $1) as kept
    full join counted on (kept.service, kept.what, kept.month, kept.key)
                       = (counted.service, counted.what, counted.month, counted.key)
    where coalesce(kept.count, 0) <> coalesce(counted.count, 0) group by 1, 2 order by 1, 2
    """,
)

_SUMS = ", ".join(f"sum({one})::bigint as {one}" for one in COUNTERS)

SUMS_BY_SERVICE = Query(
    "sums_by_service",
    "A council's counts by service and channel, over a span of days.",
    f"""
    select service, channel, {_SUMS} from measure_day
    where council = $1 and day between $2 and $3 and ($4::text is null or service = $4)
    group by service, channel order by service, channel
    """,
)

SUMS_BY_PERIOD = Query(
    "sums_by_period",
    "The counts of a council's service, or of all its services, by day, week (from Monday) or month, and channel.",
    f"""
    select date_trunc($5, day)::date as start, channel, {_SUMS} from measure_day
    where council = $1 and day between $2 and $3 and ($4::text is null or service = $4)
    group by 1, 2 order by 1, 2
    """,
)

SUMS_ACROSS = Query(
    "sums_across",
    "The counts of one service at every council, by channel.",
    f"""
    select council, channel, {_SUMS} from measure_day where service = $1 and day between $2 and $3
    group by council, channel order by council, channel
    """,
)

SERVICES_ACROSS = Query(
    "services_across",
    "Which services anybody's measures are of in a span of days.",
    "select distinct service from measure_day where day between $1 and $2 order by service",
)

FIRST_DAYS_ACROSS = Query(
    "first_days_across",
    "The first day that anything of a service is counted on, at every council that runs it: one row is read of each.",
    """
    select a.council, first.day from adoption a cross join lateral (
      select day from measure_day m where m.council = a.council and m.service = a.service order by day limit 1) as first
    where a.service = $1
    """,
)

FIRST_DAY = Query(
    "first_day",
    "The first day that anything of a council is counted on: each service's first, however many days there are.",
    """
    with recursive found as (
      (select service, day from measure_day where council = $1 order by service, day limit 1)
      union all
      select following.* from found cross join lateral (
        select service, day from measure_day where council = $1 and service > found.service
        order by service, day limit 1) as following
    ) select min(day) from found
    """,
)

SUMS_OF_MONTHS = Query(
    "sums_of_months",
    "What is kept by month of one kind, over whole months.",
    """
    select key, sum(count)::bigint as count from measure_month
    where council = $1 and service = $2 and what = $3 and month between $4 and $5
    group by key having sum(count) > 0 order by key
    """,
)
