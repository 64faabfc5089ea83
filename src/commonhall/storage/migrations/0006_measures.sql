-- What the measures count of each journey, and the roll-ups that are read instead of journeys.

-- Nothing reads journeys by day any more.
drop index measure_by_day;

-- No personal data: days, not moments, of what happened after the start; a part of a town, never an address.
alter table measure drop constraint measure_outcome_check;
alter table measure
  add constraint measure_outcome_check check (outcome in ('submitted', 'ineligible', 'elsewhere', 'abandoned')),
  -- Which pages it came to; see `measure_path`.
  add column path bigint,
  add column sent_on date,
  add column target_on date,
  add column rated_on date,
  add column closed_on date,
  add column wait_hours integer,
  add column fixed boolean not null default false,
  add column reopened boolean not null default false,
  -- The same thing was reported before: `chase` while that case was open, `repeat` soon after it was closed.
  add column again text check (again in ('chase', 'repeat')),
  add column repeated boolean not null default false,
  add column area text,
  add column street text;

-- Pages in the order in which a journey came to them, under the first 8 bytes of the SHA-256 of their names.
create table measure_path (
  council text not null,
  path bigint not null,
  pages text[] not null,
  primary key (council, path)
);

-- What changed of `measure` since it was counted: the row as it was with -1, and as it became with 1.
create table measure_change (
  council text not null,
  change bigint generated always as identity,
  sign smallint not null,
  service text not null,
  channel text not null,
  day date not null,
  outcome text,
  seconds integer,
  score smallint,
  path bigint,
  sent_on date,
  target_on date,
  rated_on date,
  closed_on date,
  wait_hours integer,
  fixed boolean not null,
  reopened boolean not null,
  again text,
  repeated boolean not null,
  area text,
  street text,
  primary key (council, change)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);

-- Counts by London day. `starts` to `seconds_sum` are of journeys that began on the day, `sent` to `repeats` of those
-- that were submitted on it, scores of those that were given on it, `closed` to `wait_hours_sum` of cases closed on it.
create table measure_day (
  council text not null,
  service text not null,
  day date not null,
  channel text not null,
  starts bigint not null default 0,
  submitted bigint not null default 0,
  ineligible bigint not null default 0,
  elsewhere bigint not null default 0,
  abandoned bigint not null default 0,
  seconds_sum bigint not null default 0,
  sent bigint not null default 0,
  chases bigint not null default 0,
  repeats bigint not null default 0,
  score_1 bigint not null default 0,
  score_2 bigint not null default 0,
  score_3 bigint not null default 0,
  score_4 bigint not null default 0,
  score_5 bigint not null default 0,
  closed bigint not null default 0,
  in_time bigint not null default 0,
  late bigint not null default 0,
  fixed bigint not null default 0,
  fixed_first bigint not null default 0,
  wait_hours_sum bigint not null default 0,
  primary key (council, service, day, channel)
);
-- The comparison of councils reads one service of all of them.
create index measure_day_across on measure_day (service, day);

-- What is too fine to keep by day: `what` is reached or left (by page), seconds or wait (by bucket), area or street.
create table measure_month (
  council text not null,
  service text not null,
  what text not null,
  month date not null,
  key text not null,
  count bigint not null,
  primary key (council, service, what, month, key)
);

-- Where an earlier case of the same thing is looked for: a digest of place or person; null once a case is redacted.
alter table council_case add column subject bigint;
create index case_by_subject on council_case (council, service, subject, submitted_at) where subject is not null;

-- Whether an unfinished journey's end was counted, and its answers deleted.
alter table journey add column lapsed boolean not null default false;

-- One word for one channel, in figures and in cases.
update measure set channel = 'in-person' where channel = 'face-to-face';
update journey set channel = 'in-person' where channel = 'face-to-face';
update council_case set channel = 'in-person' where channel = 'face-to-face';

-- What can be told of the journeys before this: all but pages, areas and repeats, which nobody noted.
update measure m set sent_on = (c.submitted_at at time zone 'Europe/London')::date, target_on = c.target_on
  from council_case c where c.council = m.council and c.measure = m.measure and m.outcome = 'submitted';
update measure m set rated_on = (r.at at time zone 'Europe/London')::date
  from council_case c join rating r using (council, reference)
  where c.council = m.council and c.measure = m.measure and m.score is not null;
update measure m set closed_on = (done.at at time zone 'Europe/London')::date, fixed = c.status in ('fixed', 'closed'),
                     reopened = done.reopened,
                     wait_hours = greatest(0, floor(extract(epoch from done.at - c.submitted_at) / 3600))::integer
  from council_case c cross join lateral (
    with entries as (
      select status in ('fixed', 'closed', 'no_further_action', 'not_councils_responsibility', 'duplicate') as final, at,
             row_number() over (order by date_trunc('second', at), sequence) as place
      from case_update u
      where u.council = c.council and u.reference = c.reference and not internal and not starts_with(source, 'receipt/')
    ), open as (select coalesce(max(place), 0) as last from entries where not final)
    select min(at) filter (where place > last) as at, coalesce(bool_or(final and place < last), false) as reopened
    from entries, open
  ) done
  where c.council = m.council and c.measure = m.measure and done.at is not null;
update measure m set outcome = 'abandoned' where outcome is null and not exists (
  select from journey j where j.council = m.council and j.measure = m.measure
    and j.reference is null and (j.answers <> '{}' or j.expires_at > now()));
update journey set lapsed = true where reference is null and answers = '{}' and expires_at < now();
insert into measure_change (council, sign, service, channel, day, outcome, seconds, score, sent_on, target_on, rated_on,
                            closed_on, wait_hours, fixed, reopened, repeated)
  select council, 1, service, channel, day, outcome, seconds, score, sent_on, target_on, rated_on,
         closed_on, wait_hours, fixed, reopened, false from measure;

-- From here on.
create function note_measures() returns trigger language plpgsql as $$
begin
  if tg_op <> 'INSERT' then
    insert into measure_change (council, sign, service, channel, day, outcome, seconds, score, path, sent_on, target_on,
                                rated_on, closed_on, wait_hours, fixed, reopened, again, repeated, area, street)
    select council, -1, service, channel, day, outcome, seconds, score, path, sent_on, target_on,
           rated_on, closed_on, wait_hours, fixed, reopened, again, repeated, area, street from was;
  end if;
  if tg_op <> 'DELETE' then
    insert into measure_change (council, sign, service, channel, day, outcome, seconds, score, path, sent_on, target_on,
                                rated_on, closed_on, wait_hours, fixed, reopened, again, repeated, area, street)
    select council, 1, service, channel, day, outcome, seconds, score, path, sent_on, target_on,
           rated_on, closed_on, wait_hours, fixed, reopened, again, repeated, area, street from became;
  end if;
  return null;
end $$;
create trigger measure_added after insert on measure referencing new table as became
  for each statement execute function note_measures();
create trigger measure_gone after delete on measure referencing old table as was
  for each statement execute function note_measures();
create trigger measure_changed after update on measure referencing old table as was new table as became
  for each statement execute function note_measures();

do $$
declare tenant_table text;
begin
  foreach tenant_table in array array['measure_path', 'measure_change', 'measure_day', 'measure_month'] loop
    execute format('alter table %I enable row level security', tenant_table);
    execute format(
      'create policy own_council on %I to commonhall_tenant
         using (council = current_setting(''commonhall.council'', true))
         with check (council = current_setting(''commonhall.council'', true))', tenant_table);
    execute format('grant select, insert, update, delete on %I to commonhall_tenant', tenant_table);
  end loop;
end $$;

-- Councils side by side, and whose changes wait to be counted.
grant select on measure_day, measure_month to commonhall_operator;
grant select (council) on measure_change to commonhall_operator;
create policy all_councils on measure_day for select to commonhall_operator using (true);
create policy all_councils on measure_month for select to commonhall_operator using (true);
create policy all_councils on measure_change for select to commonhall_operator using (true);
