-- Back offices that come for their cases, and systems that are told what happens to cases.

-- When an entry was written here, by the database's own clock: `at` is when it happened, which a back office may say
-- long after. Whoever reads on from a moment reads on from this one.
alter table case_update add column recorded_at timestamptz;
update case_update set recorded_at = at;
alter table case_update alter column recorded_at set default clock_timestamp();
alter table case_update alter column recorded_at set not null;
create index case_update_by_record on case_update using brin (recorded_at) with (pages_per_range = 16, autosummarize = on);

-- Up to which moment all that was written can be read: whoever still writes began after it. Sessions are those of the
-- one user that this installation signs in as, so its function may see when they began.
create function settled_until() returns timestamptz language sql volatile security definer set search_path = pg_catalog as $$
  select coalesce(min(xact_start), clock_timestamp()) from pg_stat_activity
  where datname = current_database() and backend_xid is not null and pid <> pg_backend_pid()
$$;
revoke execute on function settled_until from public;
grant execute on function settled_until to commonhall_tenant;

-- A delivery that a system has come for: nobody else may take it until then.
alter table delivery add column held_by text;
alter table delivery add column held_until timestamptz;

-- Where a system is told what happens to cases, and how far that went: all entries up to this one were told, or are
-- kept as refused.
create table push (
  council text not null,
  system text not null,
  url text not null,
  -- Sealed by the installation; none after a move, until they are entered again.
  secrets bytea,
  told_at timestamptz not null,
  told_reference text not null default '',
  told_sequence integer not null default 0,
  attempts integer not null default 0,
  next_at timestamptz not null,
  claimed_at timestamptz,
  last_error text,
  primary key (council, system),
  foreign key (council, system) references api_system
);

-- What a system said no to: told again when somebody asks for it.
create table push_refused (
  council text not null,
  system text not null,
  reference text not null,
  sequence integer not null,
  reason text not null,
  at timestamptz not null,
  again boolean not null default false,
  primary key (council, system, reference, sequence),
  foreign key (council, system) references push on delete cascade,
  foreign key (council, reference) references council_case
);

do $$
declare tenant_table text;
begin
  foreach tenant_table in array array['push', 'push_refused'] loop
    execute format('alter table %I enable row level security', tenant_table);
    execute format(
      'create policy own_council on %I to commonhall_tenant
         using (council = current_setting(''commonhall.council'', true))
         with check (council = current_setting(''commonhall.council'', true))', tenant_table);
    execute format('grant select, insert, update, delete on %I to commonhall_tenant', tenant_table);
  end loop;
end $$;

-- Which councils have something to tell: what the worker has to know of all of them.
grant select (council, system, next_at, claimed_at) on push to commonhall_operator;
create policy all_councils on push for select to commonhall_operator using (true);
