-- Links to pages of councils that do not run a service here: as GOV.UK's editors export them, by council (its slug in the
-- directory), service and interaction of the national lists. They belong to the directory, and to no council's data.
create table link (
  slug text not null,
  lgsl integer not null,
  lgil integer not null,
  url text not null,
  title text not null,
  source text not null,
  imported_at timestamptz not null,
  status text not null default 'pending' check (status in ('pending', 'ok', 'caution', 'broken')),
  problem text not null default '',
  checked_at timestamptz,
  worked_at timestamptz,
  -- The first London day of those on which it has failed without a day between on which it worked.
  failing_since date,
  primary key (slug, lgsl, lgil)
);
grant select, insert, update, delete on link to commonhall_operator;
