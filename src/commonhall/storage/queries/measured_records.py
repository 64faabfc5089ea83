"""Our own measures in the form of records that were sent, for everybody to read: with no count so small that it could be
about somebody, nor one that could be worked out from the others.

What is small is hidden here, in the records, so that no question can bring it out: sums of what is told tell no more.
Days are London's, written as midnight in UTC, as figures of days are. $1 is the council, $2 the service.
"""

# ruff: noqa: S608 - only parts of this file are put into the texts
from __future__ import annotations

FEW = 10
"""Fewer than this are few. Zero is few, too: that nobody asked is about people as well."""


def _units(counted: str) -> str:
    """Whether a month is told by day: where on each of its days until its last one there were enough of what is counted.
    Else it is told as a whole."""
    return f"""
      months as (
        select date_trunc('month', day::timestamp)::date as month,
               min({counted}) >= {FEW} and count(*) = max(day) - date_trunc('month', min(day)::timestamp)::date + 1 as by_day
        from days group by 1),
      units as (
        select case when m.by_day then d.day else m.month end as unit, m.by_day, d.day
        from days d join months m on m.month = date_trunc('month', d.day::timestamp)::date)"""


_FORM = """select $1::text as council, to_char(unit, 'YYYY-MM-DD') || {id} as record,
               unit::timestamp at time zone 'UTC' as at, unit::timestamp at time zone 'UTC' as updated_at,
               jsonb_build_object({fields}, 'period', case when by_day then 'day' else 'month' end)"""

_TRANSACTIONS = f"""(
      with days as (
        select day, sum(sent) as many from measure_day where council = $1 and service = $2 and sent > 0 group by day),
      {_units("many")},
      cells as (
        select u.unit, u.by_day, m.channel, sum(m.sent)::bigint as many
        from units u join measure_day m on m.council = $1 and m.service = $2 and m.day = u.day and m.sent > 0
        group by u.unit, u.by_day, m.channel),
      ordered as (
        select *, sum(many) over (partition by unit) as total, bool_or(many < {FEW}) over (partition by unit) as some_few,
               row_number() over least_first as place, sum(many) over least_first - many as before
        from cells window least_first as (partition by unit order by many, channel)),
      told as (
        -- Channels with few stand together with the next greater ones, until they are two and enough.
        select unit, by_day, sum(many)::bigint as many,
               case when some_few and (many < {FEW} or before < {FEW} or place <= 2) then 'several' else channel end as channel
        from ordered where total >= {FEW} group by 1, 2, 4)
      {_FORM.format(id="'.' || channel", fields="'channel', channel, 'count', many")} as body
      from told)"""

_COMPLETION = f"""(
      with days as (
        select day, sum(starts) as starts, sum(submitted + ineligible + elsewhere + abandoned) as over,
               sum(submitted + ineligible) as ended
        from measure_day where council = $1 and service = $2 and starts > 0 group by day),
      {_units("least(starts, over)")},
      sums as (
        select u.unit, u.by_day, sum(d.starts)::bigint as starts, sum(d.over)::bigint as over, sum(d.ended)::bigint as ended
        from units u join days d on d.day = u.day group by u.unit, u.by_day),
      told as (
        select s.unit, s.by_day, stage.name as stage, stage.many
        from sums s cross join lateral (values
          ('start', s.starts, s.starts), ('over', s.over, s.over),
          -- The rate in whole percent: the exact number would tell how few were not completed.
          ('end', (round(s.ended / nullif(s.over, 0)::numeric, 2) * s.over)::bigint, s.over)) as stage (name, many, of)
        where stage.of >= {FEW} and stage.many >= {FEW})
      {_FORM.format(id="'.' || stage", fields="'stage', stage, 'count', many")} as body
      from told)"""

_SCORES = [f"score_{score}" for score in range(1, 6)]
_RATINGS = ", ".join(f"'rating_{score}', score_{score}" for score in range(1, 6))

_SATISFACTION = f"""(
      with sums as (
        select date_trunc('month', day::timestamp)::date as unit, false as by_day,
               {", ".join(f"sum({score})::bigint as {score}" for score in _SCORES)}
        from measure_day where council = $1 and service = $2 group by 1),
      told as (
        select *, {" + ".join(_SCORES)} as total, least({", ".join(_SCORES)}) as least,
               round((score_2 + 2 * score_3 + 3 * score_4 + 4 * score_5)
                     / nullif(4 * ({" + ".join(_SCORES)}), 0)::numeric, 2) as satisfaction
        from sums where {" + ".join(_SCORES)} >= {FEW})
      {_FORM.format(id="''", fields="'total', total, 'satisfaction', satisfaction, 'slug', $2::text")}
      || case when least >= {FEW} then jsonb_build_object({_RATINGS}) else '{{}}' end as body
      from told)"""

MEASURED = {
    "transactions-by-channel": _TRANSACTIONS,
    "completion": _COMPLETION,
    "customer-satisfaction": _SATISFACTION,
}
"""What stands in place of the table of records, by the type of the measures."""
