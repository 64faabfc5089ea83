-- The standard interfaces: which systems may use them, and files that belong to cases.

-- A system that a council lets in. `services` is null for all of them.
create table api_system (
  council text not null references council,
  system text not null,
  name text not null,
  may text[] not null,
  services text[],
  added_at timestamptz not null,
  removed_at timestamptz,
  -- The London day on which it was seen last: written once a day.
  seen_on date,
  primary key (council, system)
);

-- What a system proves itself by: the SHA-256 of a key. While a key is being changed two of them hold.
create table api_key (
  council text not null,
  digest bytea not null,
  system text not null,
  -- The last characters of the key, so that people can tell two of them apart.
  ending text not null,
  made_at timestamptz not null,
  ends_at timestamptz,
  primary key (council, digest),
  foreign key (council, system) references api_system
);

-- A file that belongs to a case: a photo that came with it, a letter that the back office adds.
create table attachment (
  council text not null,
  reference text not null,
  attachment text not null,
  name text not null,
  media_type text not null,
  digest text not null,
  content bytea not null,
  added_at timestamptz not null,
  -- Who added it: `resident`, or `system/NAME`.
  source text not null,
  primary key (council, reference, attachment),
  foreign key (council, reference) references council_case
);

do $$
declare tenant_table text;
begin
  foreach tenant_table in array array['api_system', 'api_key', 'attachment'] loop
    execute format('alter table %I enable row level security', tenant_table);
    execute format(
      'create policy own_council on %I to commonhall_tenant
         using (council = current_setting(''commonhall.council'', true))
         with check (council = current_setting(''commonhall.council'', true))', tenant_table);
    execute format('grant select, insert, update, delete on %I to commonhall_tenant', tenant_table);
  end loop;
end $$;

-- What happened in a span of time, for systems that ask for it. By block ranges: entries come nearly in the order of
-- time, and handing in a case pays next to nothing for it.
create index case_update_by_time on case_update using brin (at) with (pages_per_range = 16, autosummarize = on);
