-- Figures that are sent here, as the Performance Platform took them: also those of councils that run nothing here.

-- A data set of a council: its group and its type are its address. A council need not have a site here, so nothing
-- refers to `council`.
create table data_set (
  council text not null,
  data_group text not null,
  data_type text not null,
  -- Which service the figures are of: one of this installation's, or one of the national list, or both.
  service text,
  lgsl integer,
  raw_queries boolean not null,
  -- Seconds for which an answer may be kept.
  max_age integer not null,
  added_at timestamptz not null,
  -- Grows with every change of the records, of which there are so many.
  version bigint not null default 0,
  records bigint not null default 0,
  written_at timestamptz,
  primary key (council, data_group, data_type),
  check (service is not null or lgsl is not null)
);
-- A group's name begins with its council's, so two councils do not have the same.
create index data_set_by_address on data_set (data_group, data_type);
create index data_set_by_service on data_set (council, service);

-- What somebody who sends figures proves themselves by: the SHA-256 of a token. While it is being changed two hold.
create table data_token (
  council text not null,
  digest bytea not null,
  data_group text not null,
  data_type text not null,
  -- The last characters of the token, so that people can tell two of them apart.
  ending text not null,
  made_at timestamptz not null,
  ends_at timestamptz,
  primary key (council, digest),
  foreign key (council, data_group, data_type) references data_set on delete cascade on update cascade
);
create index data_token_by_set on data_token (council, data_group, data_type);

-- A record: `record` is its `_id`, `at` its `_timestamp`; `body` has the rest.
create table data_record (
  council text not null,
  data_group text not null,
  data_type text not null,
  record text not null,
  at timestamptz,
  updated_at timestamptz not null,
  body jsonb not null,
  primary key (council, data_group, data_type, record),
  foreign key (council, data_group, data_type) references data_set on delete cascade on update cascade
);
create index data_record_by_time on data_record (council, data_group, data_type, at);

do $$
declare tenant_table text;
begin
  foreach tenant_table in array array['data_set', 'data_token', 'data_record'] loop
    execute format('alter table %I enable row level security', tenant_table);
    execute format(
      'create policy own_council on %I to commonhall_tenant
         using (council = current_setting(''commonhall.council'', true))
         with check (council = current_setting(''commonhall.council'', true))', tenant_table);
    execute format('grant select, insert, update, delete on %I to commonhall_tenant', tenant_table);
  end loop;
end $$;

-- Whose a data set is that somebody names by its address.
grant select (council, data_group, data_type) on data_set to commonhall_operator;
create policy all_councils on data_set for select to commonhall_operator using (true);
