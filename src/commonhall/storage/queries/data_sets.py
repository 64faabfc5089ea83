"""Queries of data sets, their tokens, and the records that are sent to them."""

from __future__ import annotations

from commonhall.storage.queries import Query

OWNER_OF_DATA_SET = Query(
    "owner_of_data_set",
    "Whose a data set is. A group's name begins with its council's, so there is one at most.",
    "select council from data_set where data_group = $1 and data_type = $2 order by council limit 1",
)

LIST_DATA_SETS = Query(
    "list_data_sets",
    "A council's data sets, with the tokens that hold now: (ending, made, ends) of each, newest first.",
    """
    select s.data_group, s.data_type, s.service, s.lgsl, s.raw_queries, s.max_age, s.added_at, s.version, s.records,
           s.written_at,
           coalesce((select jsonb_agg(jsonb_build_array(t.ending, t.made_at, t.ends_at) order by t.made_at desc)
                     from data_token t where t.council = $1 and t.data_group = s.data_group
                       and t.data_type = s.data_type and (t.ends_at is null or t.ends_at > $2)), '[]') as tokens
    from data_set s where s.council = $1 order by s.data_group, s.data_type
    """,
)

LOAD_DATA_SET = Query(
    "load_data_set",
    "A data set, without its tokens.",
    """
    select data_group, data_type, service, lgsl, raw_queries, max_age, added_at, version, records, written_at,
           '[]'::jsonb as tokens
    from data_set where council = $1 and data_group = $2 and data_type = $3
    """,
)

ADD_DATA_SET = Query(
    "add_data_set",
    "Make a data set, unless there is one at its address.",
    """
    insert into data_set (council, data_group, data_type, service, lgsl, raw_queries, max_age, added_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8)
    on conflict (council, data_group, data_type) do nothing returning data_group
    """,
)

CHANGE_DATA_SET = Query(
    "change_data_set",
    "Change how a data set may be read.",
    """
    update data_set set raw_queries = $4, max_age = $5, version = version + 1
    where council = $1 and data_group = $2 and data_type = $3 returning data_group
    """,
)

REMOVE_DATA_SET = Query(
    "remove_data_set",
    "Remove a data set with all its records and tokens.",
    "delete from data_set where council = $1 and data_group = $2 and data_type = $3 returning records",
)

END_TOKENS = Query(
    "end_tokens",
    "Let a data set's tokens end: the newest of those that hold at a time ($4), the others now ($5), so that two hold.",
    """
    update data_token t
    set ends_at = case when t.digest = (
          select n.digest from data_token n
          where n.council = $1 and n.data_group = $2 and n.data_type = $3 and (n.ends_at is null or n.ends_at > $5)
          order by n.ends_at desc nulls first, n.made_at desc, n.digest limit 1)
        then least(coalesce(t.ends_at, $4), $4) else $5 end
    where t.council = $1 and t.data_group = $2 and t.data_type = $3 and (t.ends_at is null or t.ends_at > $5)
    """,
)

ADD_TOKEN = Query(
    "add_token",
    "Give a data set that is there another token.",
    """
    insert into data_token (council, digest, data_group, data_type, ending, made_at)
    select $1, $4, $2, $3, $5, $6
    where exists (select from data_set where council = $1 and data_group = $2 and data_type = $3)
    returning ending
    """,
)

TOKEN_HOLDS = Query(
    "token_holds",
    "Whether this is a token of this data set, and holds now.",
    """
    select exists (
      select from data_token where council = $1 and digest = $4 and data_group = $2 and data_type = $3
        and (ends_at is null or ends_at > $5))
    """,
)

HOLD_DATA_SET = Query(
    "hold_data_set",
    "Let one at a time write to a data set.",
    """
    select records from data_set where council = $1 and data_group = $2 and data_type = $3 for no key update
    """,
)

KEEP_RECORDS = Query(
    "keep_records",
    "Keep records, those with a known id in place of what was there. Answers how many are new.",
    """
    with kept as (
      insert into data_record (council, data_group, data_type, record, at, updated_at, body)
      select $1, $2, $3, n.record, n.at, $7, n.body::jsonb
      from unnest($4::text[], $5::timestamptz[], $6::text[]) as n (record, at, body)
      on conflict (council, data_group, data_type, record) do update
        set at = excluded.at, updated_at = excluded.updated_at, body = excluded.body
      returning (xmax = 0) as is_new
    )
    select count(*) filter (where is_new) from kept
    """,
)

COUNT_RECORDS = Query(
    "count_records",
    "Say how many more records a data set has now.",
    """
    update data_set set records = records + $4, version = version + 1, written_at = $5
    where council = $1 and data_group = $2 and data_type = $3 returning records
    """,
)

EMPTY_DATA_SET = Query(
    "empty_data_set",
    "Remove all records of a data set.",
    "delete from data_record where council = $1 and data_group = $2 and data_type = $3",
)

MOVE_DATA_SETS = Query(
    "move_data_sets",
    "Let the successor of a council that goes ($2) have its data sets under the addresses that they have: records and tokens go along by their foreign keys.",
    "update data_set set council = $2 where council = $1",
)

HAS_SITE = Query(
    "has_site",
    "Whether a council is on this installation, so that it has an audit trail.",
    "select exists (select from council where council = $1)",
)
