-- What was sent, summed up, so that councils can be set beside each other however many records there are.

-- What a channel is called: in small letters, with hyphens for spaces and _. All that tells nothing is one name: whoever sends a
-- thousand names makes no thousand sums. `reporting/sent.py` says which are digital.
create function data_channel(name text) returns text language sql immutable as $$
  select case when given in (
      'digital', 'online', 'web', 'website', 'web-form', 'internet', 'app', 'mobile-app', 'api',
      'phone', 'telephone', 'call-centre', 'contact-centre', 'ivr', 'in-person', 'face-to-face', 'counter', 'walk-in',
      'office', 'post', 'postal', 'letter', 'mail', 'email', 'e-mail', 'fax', 'paper', 'paper-form', 'assisted-digital',
      'non-digital', 'offline') then given else 'unknown' end
  from (values (translate(lower(btrim(name, E' \t\r\n')), ' _', '--'))) as as_said (given)
$$;

-- What a record adds to a sum: its channel or stage with its count, or how many gave each score.
create function data_parts(data_type text, body jsonb) returns table (what text, value numeric)
language sql immutable as $$
  select data_channel(body ->> 'channel'), (body -> 'count')::numeric
  where data_type = 'transactions-by-channel' and jsonb_typeof(body -> 'count') = 'number' and body ->> 'channel' is not null
  union all
  select body ->> 'stage', (body -> 'count')::numeric
  where data_type = 'completion' and jsonb_typeof(body -> 'count') = 'number' and body ->> 'stage' in ('over', 'end')
  union all
  select rating.score, rating.people::numeric
  from (values ('1', body -> 'rating_1'), ('2', body -> 'rating_2'), ('3', body -> 'rating_3'), ('4', body -> 'rating_4'),
               ('5', body -> 'rating_5')) as rating (score, people)
  where data_type = 'customer-satisfaction' and jsonb_typeof(rating.people) = 'number'
$$;

-- Sums of the records of a data set by day and by month, in London, as all else is counted: midnight of either UTC or London is on
-- that day. Whole months are read as such, and days where a span cuts one; what is of a month or more by its own `period` is of no
-- day, so it is read with whole months alone.
-- Nothing refers to the data set: what befalls its records is noted here.
create table data_sum (
  council text not null,
  data_group text not null,
  data_type text not null,
  period text not null check (period in ('day', 'month')),
  start date not null,
  what text not null,
  total numeric not null,
  records bigint not null,
  primary key (council, data_group, data_type, period, start, what)
);
-- Those that nothing is left of are found without the others.
create index data_sum_over on data_sum (council) where records <= 0;

-- Whether a record is of a day's sum, or of a month's.
create function data_is_of(period text, body jsonb) returns boolean language sql immutable as $$
  select period = 'month' or coalesce(body ->> 'period', 'day') not in ('month', 'quarter', 'year')
$$;

-- In the order of keys: of two who send figures of the same days, one waits, and not each for the other.
create function sum_data() returns trigger language plpgsql as $$
begin
  if tg_op <> 'INSERT' then
    insert into data_sum as kept (council, data_group, data_type, period, start, what, total, records)
    select r.council, r.data_group, r.data_type, f.period, date_trunc(f.period, r.at at time zone 'Europe/London')::date, p.what, -sum(p.value), -count(*)
    from was r cross join lateral data_parts(r.data_type, r.body) p cross join (values ('day'), ('month')) as f (period)
    where r.at is not null and data_is_of(f.period, r.body) group by 1, 2, 3, 4, 5, 6 order by 1, 2, 3, 4, 5, 6
    on conflict (council, data_group, data_type, period, start, what)
      do update set total = kept.total + excluded.total, records = kept.records + excluded.records;
  end if;
  if tg_op <> 'DELETE' then
    insert into data_sum as kept (council, data_group, data_type, period, start, what, total, records)
    select r.council, r.data_group, r.data_type, f.period, date_trunc(f.period, r.at at time zone 'Europe/London')::date, p.what, sum(p.value), count(*)
    from became r cross join lateral data_parts(r.data_type, r.body) p cross join (values ('day'), ('month')) as f (period)
    where r.at is not null and data_is_of(f.period, r.body) group by 1, 2, 3, 4, 5, 6 order by 1, 2, 3, 4, 5, 6
    on conflict (council, data_group, data_type, period, start, what)
      do update set total = kept.total + excluded.total, records = kept.records + excluded.records;
  end if;
  if tg_op <> 'INSERT' then
    delete from data_sum where records <= 0;
  end if;
  return null;
end $$;
create trigger data_added after insert on data_record referencing new table as became
  for each statement execute function sum_data();
create trigger data_gone after delete on data_record referencing old table as was
  for each statement execute function sum_data();
create trigger data_changed after update on data_record referencing old table as was new table as became
  for each statement execute function sum_data();

insert into data_sum (council, data_group, data_type, period, start, what, total, records)
select r.council, r.data_group, r.data_type, f.period, date_trunc(f.period, r.at at time zone 'Europe/London')::date, p.what, sum(p.value), count(*)
from data_record r cross join lateral data_parts(r.data_type, r.body) p cross join (values ('day'), ('month')) as f (period)
where r.at is not null and data_is_of(f.period, r.body) group by 1, 2, 3, 4, 5, 6;

alter table data_sum enable row level security;
create policy own_council on data_sum to commonhall_tenant
  using (council = current_setting('commonhall.council', true))
  with check (council = current_setting('commonhall.council', true));
grant select, insert, update, delete on data_sum to commonhall_tenant;

-- One service at all councils: sums of figures that everybody may read, and nothing of tokens.
grant select (service, lgsl) on data_set to commonhall_operator;
grant select on data_sum to commonhall_operator;
create policy all_councils on data_sum for select to commonhall_operator using (true);
