-- How the platform itself serves each council's services, hour by hour (UTC): requests, failures, response times, and the
-- minutes in which a service's start page was seen from outside, or was not. Counts alone: no person, no case.
--
-- Nothing that residents wait for touches these rows: web processes count in memory and add what they counted every few
-- seconds. There is no foreign key to `council`, for decision 6.
create table service_hour (
  council text not null,
  service text not null,
  hour timestamptz not null check (hour = date_trunc('hour', hour, 'UTC')),
  requests bigint not null default 0 check (requests >= 0),
  -- Answers of 500 and more.
  failed bigint not null default 0 check (failed between 0 and requests),
  -- Requests by how long they took, from the quickest bucket on; no zeros after the slowest that was counted.
  times bigint[] not null default '{}',
  -- The last minute of the hour (0 to 59) in which a worker took it on itself to look; -1 before the first.
  looked smallint not null default -1 check (looked between -1 and 59),
  up integer not null default 0 check (up >= 0),
  down integer not null default 0 check (down >= 0),
  primary key (council, service, hour)
) with (fillfactor = 70);
-- For the sweep: rows come in the order of time.
create index service_hour_by_hour on service_hour using brin (hour) with (pages_per_range = 16, autosummarize = on);

alter table service_hour enable row level security;
create policy own_council on service_hour to commonhall_tenant
  using (council = current_setting('commonhall.council', true))
  with check (council = current_setting('commonhall.council', true));
grant select, insert, update, delete on service_hour to commonhall_tenant;

-- A web process serves all councils and adds what it counted for all of them in one statement.
create policy all_councils on service_hour to commonhall_operator using (true);
grant select, insert, update on service_hour to commonhall_operator;
