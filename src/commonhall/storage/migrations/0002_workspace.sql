-- The workspace, the catalogue on this installation, and row-level security.

-- Versions of services that this installation knows, pulled from a catalogue or read from a folder.
create table catalogue_version (
  service text not null,
  version text not null,
  package text not null references package,
  -- The name under which the operator added the catalogue; '' is the folder beside the installation.
  catalogue text not null,
  changelog text not null,
  published_at timestamptz not null,
  primary key (service, version)
);

-- `before` is what the council ran before this digest, for rolling back in one step; `staged` waits to be activated.
alter table adoption
  add column state text not null default 'live' check (state in ('live', 'paused', 'retired')),
  add column featured boolean not null default false,
  add column take_patches boolean not null default false,
  add column before text,
  add column staged text,
  add column changed_at timestamptz,
  add foreign key (council, before) references adopted (council, digest),
  add foreign key (council, staged) references adopted (council, digest);

-- A council's choices for a service while somebody works on them: for a first adoption (no `base`), a change of the
-- running one, or an upgrade (another package than the base's). `settled` holds what was decided on each conflict.
create table draft (
  council text not null references council,
  service text not null,
  package text not null references package,
  base text,
  choices jsonb not null,
  settled jsonb not null default '{}',
  revision bigint not null default 1,
  updated_at timestamptz not null,
  updated_by text not null,
  primary key (council, service),
  foreign key (council, base) references adopted (council, digest)
);

-- A shared service being written in the visual editor: the files of its package.
create table service_draft (
  council text not null references council,
  draft text not null,
  files jsonb not null,
  revision bigint not null default 1,
  updated_at timestamptz not null,
  updated_by text not null,
  primary key (council, draft)
);

-- Where a council's staff sign in (OpenID Connect). The client secret comes encrypted.
create table identity_provider (
  council text primary key references council,
  issuer text not null,
  client_id text not null,
  secret bytea
);

-- Staff. Somebody invited has no `subject` until the first sign-in; who is removed stays, for the audit trail.
create table person (
  council text not null references council,
  person text not null,
  email text not null,
  name text not null,
  issuer text,
  subject text,
  roles text[] not null,
  added_at timestamptz not null,
  removed_at timestamptz,
  last_seen_at timestamptz,
  primary key (council, person)
);
create unique index person_by_email on person (council, lower(email)) where removed_at is null;
create unique index person_by_subject on person (council, issuer, subject) where removed_at is null;

-- `session` is the digest of what the browser holds.
create table staff_session (
  council text not null,
  session bytea not null,
  person text not null,
  started_at timestamptz not null,
  seen_at timestamptz not null,
  expires_at timestamptz not null,
  id_token text,
  primary key (council, session),
  foreign key (council, person) references person
);

-- The image at the head of a council's pages, named by its content; which one is shown stands in the site's settings.
create table council_image (
  council text not null references council,
  digest text not null,
  media_type text not null,
  content bytea not null,
  width integer not null,
  height integer not null,
  primary key (council, digest)
);

-- Everything that staff do. Append-only, for every role; no personal data of residents.
create table audit (
  council text not null references council,
  entry bigint generated always as identity,
  at timestamptz not null,
  person text,
  actor text not null,
  action text not null,
  subject text not null,
  details jsonb not null default '{}',
  primary key (council, entry)
);
create index audit_by_time on audit (council, at);
create function keep_audit() returns trigger language plpgsql as $$
begin
  raise insufficient_privilege using message = 'the audit trail is append-only';
end $$;
create trigger keep_audit before update or delete on audit for each row execute function keep_audit();
create trigger keep_audit_whole before truncate on audit for each statement execute function keep_audit();

-- What a council offers to a shared service: a setting's value, a wording, an extra question.
create table proposal (
  council text not null references council,
  proposal text not null,
  service text not null,
  version text not null,
  kind text not null check (kind in ('setting', 'wording', 'extra_question')),
  key text not null,
  language text not null default '',
  value jsonb not null,
  reason text not null,
  made_at timestamptz not null,
  made_by text not null,
  state text not null default 'open' check (state in ('open', 'taken', 'declined', 'withdrawn')),
  decided_at timestamptz,
  decided_by text,
  decision text not null default '',
  primary key (council, proposal)
);

-- Councils that became part of this one: their addresses and references lead here. `connectors` holds those that have
-- another name since: their back offices still push to the address that they were given.
create table former_council (
  council text not null references council,
  former text not null,
  gss text not null,
  host text not null,
  name jsonb not null,
  merged_at timestamptz not null,
  connectors jsonb not null default '{}',
  primary key (council, former)
);
-- Only where two councils had given the same reference: the case of the former has another one now.
create table former_reference (
  council text not null,
  former text not null,
  reference text not null,
  became text not null,
  primary key (council, former, reference),
  foreign key (council, became) references council_case (council, reference)
);
create index former_reference_by_case on former_reference (council, became);
create index former_reference_by_reference on former_reference (council, reference);

-- `status` repeats the last update of the history, so that cases can be listed by it. `search` begins with the council
-- itself as a word, so that a search reads one council's entries of the index and no other's.
alter table council_case
  add column status text not null default 'open',
  add column assigned_to text,
  add column redacted_at timestamptz,
  add column search tsvector not null generated always as (
    array_to_tsvector(array['@' || council, lower(reference)])
    || to_tsvector('simple'::regconfig, summary)
    || jsonb_to_tsvector('simple'::regconfig, contact, '["string"]')
    || jsonb_to_tsvector('simple'::regconfig, location, '["string"]')
    || jsonb_to_tsvector('simple'::regconfig, details, '["string"]')
  ) stored;
update council_case c set status = coalesce((
  select u.status from case_update u
  where u.council = c.council and u.reference = c.reference and not starts_with(u.source, 'receipt/')
  order by date_trunc('second', u.at) desc, u.sequence desc limit 1), 'open');
create index case_by_time on council_case (council, submitted_at);
-- Only cases that somebody has, so that handing one in by a resident writes nothing here.
create index case_by_person on council_case (council, assigned_to, submitted_at) where assigned_to is not null;
create index case_by_search on council_case using gin (search);

-- `internal` notes are the staff's own; `person` is who wrote an entry, if one of the staff did.
alter table case_update
  add column internal boolean not null default false,
  add column person text;

create index delivery_failed on delivery (council, connector) where failed_at is not null and delivered_at is null;

-- Which cases of the council that this session speaks for match a search, the latest thousand. Row-level security would keep the index from
-- being used, since PostgreSQL cannot know that matching words tells nothing to strangers; so the council is held here.
create function search_cases(words tsquery) returns table (reference text) language sql stable security definer
set search_path = pg_catalog, public as $$
  select c.reference from public.council_case c
  where c.council = current_setting('commonhall.council', true)
    -- As a lexeme, not as words to be read: reading would drop the sign.
    and c.search @@ (quote_literal('@' || current_setting('commonhall.council', true))::tsquery && words)
  order by c.submitted_at desc limit 1000
$$;

-- Row-level security. Every statement on a council's data runs as `commonhall_tenant`, for the council that its
-- connection speaks for; without one it sees nothing. `commonhall_operator` sees what an installation needs to know of
-- all its councils, column by column, and no case. Neither may bypass, nor owns anything.
do $$
declare wanted text;
begin
  foreach wanted in array array['commonhall_tenant', 'commonhall_operator'] loop
    if not exists (select from pg_roles where rolname = wanted) then
      begin
        execute format('create role %I nologin nosuperuser nobypassrls', wanted);
      exception when duplicate_object or unique_violation then
        null; -- another database of this server was being made at the same moment
      end;
    end if;
    if not (select rolsuper from pg_roles where rolname = current_user) then
      begin
        -- Whoever makes a role may give it away, and still not take it before it is given to them.
        execute format('grant %I to current_user', wanted);
      exception when insufficient_privilege then
        null; -- an administrator made the roles, and gave them to this user
      end;
    end if;
  end loop;
end $$;

do $$
declare tenant_table text;
begin
  for tenant_table in
    select table_name from information_schema.columns
    where table_schema = 'public' and column_name = 'council'
  loop
    execute format('alter table %I enable row level security', tenant_table);
    execute format(
      'create policy own_council on %I to commonhall_tenant
         using (council = current_setting(''commonhall.council'', true))
         with check (council = current_setting(''commonhall.council'', true))', tenant_table);
    execute format('grant select, insert, update, delete on %I to commonhall_tenant', tenant_table);
  end loop;
end $$;
revoke update, delete on audit from commonhall_tenant;
grant select, insert on package, catalogue_version to commonhall_tenant;
grant usage on schema public to commonhall_tenant, commonhall_operator;
revoke execute on function search_cases from public;
grant execute on function search_cases to commonhall_tenant;

grant select, insert, update on package, catalogue_version to commonhall_operator;
grant select on council, adoption, adopted, measure, proposal, former_council to commonhall_operator;
grant update (state, decided_at, decided_by, decision) on proposal to commonhall_operator;
grant select (council, connector, kind, updates_until) on connector to commonhall_operator;
grant select (council, connector, created_at, next_at, claimed_at, delivered_at, failed_at, attempts) on delivery
  to commonhall_operator;
grant select (council, service, digest, submitted_at) on council_case to commonhall_operator;
grant select (council, started_at, expires_at) on journey to commonhall_operator;
create policy all_councils on council to commonhall_operator using (true);
create policy all_councils on adoption for select to commonhall_operator using (true);
create policy all_councils on adopted for select to commonhall_operator using (true);
create policy all_councils on measure for select to commonhall_operator using (true);
create policy all_councils on proposal to commonhall_operator using (true);
create policy all_councils on former_council for select to commonhall_operator using (true);
create policy all_councils on connector for select to commonhall_operator using (true);
create policy all_councils on delivery for select to commonhall_operator using (true);
create policy all_councils on council_case for select to commonhall_operator using (true);
create policy all_councils on journey for select to commonhall_operator using (true);
