"""A council with a row in every table, for tests of what keeps councils apart and of what moves them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from commonhall.storage.moving import COUNTED, SUMMED
from commonhall.storage.pool import Store

THEIRS = "theirs"
"""Begins every identifier of the other council; every text of its rows says «secret of» it."""

ROWS = """
insert into council (council, gss, host, config) values (:c, 'E-' || :c, :c || '.localhost', '{"name": :secret_json}');
insert into council_image values (:c, :m || '-digest', 'image/png', :secret::bytea, 1, 1);
insert into package values (:m || '-package', :m || '-service', '1.0.0', '{}', :now) on conflict do nothing;
insert into adopted values (:c, :m || '-digest', :m || '-service', '1.0.0', :m || '-package', '{}', 'England', '{en}', :now);
insert into adoption (council, service, digest, position, connector)
  values (:c, :m || '-service', :m || '-digest', 0, :m || '-connector');
insert into connector values (:c, :m || '-connector', 'webhook', '{"secret": :secret_json}', 'sealed', :now);
insert into measure (council, service, version, channel, day, started_at)
  values (:c, :m || '-service', '1.0.0', 'online', :now::date, :now);
insert into measure_path values (:c, 7, array[:m || '-page']);
insert into measure_day (council, service, day, channel, starts) values (:c, :m || '-service', '2020-01-01', 'online', 3);
insert into measure_month values (:c, :m || '-service', 'area', '2020-01-01', :m || '-area', 3);
insert into service_hour values (:c, :m || '-service', date_trunc('hour', :now), 3, 1, '{0,1,2}', 4, 4, 1);
insert into journey (council, journey, browser, service, digest, language, channel, answers, started_at, expires_at, measure)
  values (:c, :m || '-journey', :m::bytea, :m || '-service', :m || '-digest', 'en', 'online', '{"a": :secret_json}', :now,
          :now + interval '1 day', 1);
insert into council_case (council, reference, service, digest, journey, channel, language, answers, summary, details,
                          contact, location, proofs, connectors, measure, submitted_at)
  values (:c, :m || '-reference', :m || '-service', :m || '-digest', :m || '-done', 'online', 'en', '{"a": :secret_json}',
          :secret, '[]', '{"email": :secret_json}', '{}', array[:m], array[:m || '-connector'], 1, :now);
insert into case_update (council, reference, sequence, status, note, at, source, update_id)
  values (:c, :m || '-reference', 1, 'open', :secret, :now, 'commonhall', 'submitted');
insert into delivery (council, reference, connector, sequence, idempotency_key, created_at, since, next_at, external_id,
                      last_error)
  values (:c, :m || '-reference', :m || '-connector', 1, :m || '-key', :now, :now, :now, :m || '-external', :secret);
insert into rating values (:c, :m || '-reference', 4, :secret, :now);
insert into alert values (:c, :m || '-service', 'completion', '2020-01-01', 0.9, 900, 0.5, 90);
insert into alert_look values (:c, '2020-01-01');
insert into notice values (:c, :m || '-person', 'digest of ' || :m, :now);
insert into attempt values (:c, :m || '-client', 3, :now);
insert into early_update values (:c, :m || '-connector', :m || '-unknown', 'u1', 'open', :secret, :now, :now);
insert into draft (council, service, package, base, choices, updated_at, updated_by)
  values (:c, :m || '-service', :m || '-package', :m || '-digest', '{"a": :secret_json}', :now, :secret);
insert into service_draft (council, draft, files, updated_at, updated_by)
  values (:c, :m || '-draft', '{"service.yaml": :secret_json}', :now, :secret);
insert into identity_provider values (:c, 'https://issuer.example', :secret, 'sealed');
insert into person (council, person, email, name, issuer, subject, roles, added_at)
  values (:c, :m || '-person', :m || '@example.com', :secret, 'https://issuer.example', :m || '-subject',
          '{administrator}', :now);
insert into staff_session values (:c, :m::bytea, :m || '-person', :now, :now, :now + interval '1 day', :secret);
insert into audit (council, at, person, actor, action, subject)
  values (:c, :now, :m || '-person', :secret, 'test', :secret);
insert into proposal (council, proposal, service, version, kind, key, value, reason, made_at, made_by)
  values (:c, :m || '-proposal', :m || '-service', '1.0.0', 'setting', 'days', '3', :secret, :now, :secret);
insert into attachment values (:c, :m || '-reference', :m || '-attachment', :secret, 'image/png', 'd', :secret::bytea, :now, 'resident');
insert into api_system values (:c, :m || '-system', :secret, '{read}', null, :now);
insert into api_key values (:c, :m::bytea, :m || '-system', 'abcd', :now);
insert into push (council, system, url, secrets, told_at, next_at, last_error)
  values (:c, :m || '-system', 'https://' || :m || '.example', 'sealed', :now, :now, :secret);
insert into push_refused values (:c, :m || '-system', :m || '-reference', 1, :secret, :now);
insert into data_set (council, data_group, data_type, lgsl, raw_queries, max_age, added_at)
  values (:c, :m || '-group-' || :c, :m || '-type', 524, true, 1800, :now);
insert into data_token values (:c, (:m || :c)::bytea, :m || '-group-' || :c, :m || '-type', 'abcd', :now);
insert into data_record values (:c, :m || '-group-' || :c, :m || '-type', :m || '-record', :now, :now, '{"a": :secret_json}');
insert into data_sum values (:c, :m || '-group-' || :c, :m || '-type', 'day', '2020-01-01', :m || '-channel', 3, 1);
insert into former_council values (:c, :m || '-former', 'E-old-' || :c, 'old-' || :c || '.localhost', '{}', :now);
insert into former_reference values (:c, :m || '-former', :m || '-old', :m || '-reference');
"""


async def tenant_tables(store: Store) -> list[str]:
    """Every table that holds a council's data."""
    rows = await store.owner.fetch(
        """
        select table_name from information_schema.columns
        where table_schema = 'public' and column_name = 'council' order by table_name
        """
    )
    return [row["table_name"] for row in rows]


async def fill_town(store: Store, council: str, mark: str, now: datetime) -> None:
    """One row in every table; identifiers begin with `mark`, texts say «secret of» the council."""
    secret = f"secret of {council}"
    sql = (
        ROWS.replace(":secret_json", f'"{secret}"')
        .replace(":secret", f"'{secret}'")
        .replace(":c", f"'{council}'")
    )
    await store.owner.execute(
        sql.replace(":now", f"timestamptz '{now.isoformat()}'").replace(":m", f"'{mark}'")
    )


async def rows_of(store: Store, council: str, *, leaving: bool = False) -> dict[str, list[Any]]:
    """Everything that a council has, by table, in the order of its rows' text; or what of it leaves with the council."""
    return {
        table: [
            row[0]
            for row in await store.owner.fetch(
                f"select to_jsonb(t)::text from {table} t where council = $1 order by 1", council
            )
        ]
        for table in await tenant_tables(store)
        if not (leaving and table in (*COUNTED, *SUMMED))
    }
