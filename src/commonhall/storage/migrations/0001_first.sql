-- The first schema. Every table of a council's data starts its primary key with the council, so that the
-- data can be spread over machines by council. Times are UTC.

create table council (
  council text primary key check (council ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
  gss text not null unique,
  host text not null unique,
  config jsonb not null,
  revision bigint not null default 1
);

-- Packages are shared by all councils and never change: the digest is their content.
create table package (
  digest text primary key,
  service text not null,
  version text not null,
  files jsonb not null,
  added_at timestamptz not null
);

-- What a council has run, for ever: journeys and cases point here.
create table adopted (
  council text not null references council,
  digest text not null,
  service text not null,
  version text not null,
  package text not null references package,
  choices jsonb not null,
  nation text not null,
  languages text[] not null,
  adopted_at timestamptz not null,
  primary key (council, digest)
);

-- What a council runs now, in its own order.
create table adoption (
  council text not null references council,
  service text not null,
  digest text not null,
  position integer not null,
  connector text,
  primary key (council, service),
  foreign key (council, digest) references adopted
);

create table connector (
  council text not null references council,
  connector text not null,
  kind text not null,
  settings jsonb not null,
  secrets bytea,
  updates_until timestamptz,
  primary key (council, connector)
);

-- What residents write points at `council` and `adopted` by value, without a foreign key: one would lock the same
-- row of those tables for every resident of a council at once, which costs more than all the rest of a page.
-- The trigger `keep_adopted` guards the other side.
create table journey (
  council text not null references council,
  journey text not null,
  browser bytea not null,
  service text not null,
  digest text not null,
  language text not null,
  channel text not null,
  answers jsonb not null default '{}',
  started_at timestamptz not null,
  expires_at timestamptz not null,
  exited_at timestamptz,
  reference text,
  measure bigint not null,
  primary key (council, journey)
) with (fillfactor = 70);
-- Not by council first: every search by key would then look at this index, too, and on a young table choose it.
create index journey_by_expiry on journey (expires_at);

create table council_case (
  council text not null,
  reference text not null,
  service text not null,
  digest text not null,
  journey text not null,
  channel text not null,
  language text not null,
  answers jsonb not null,
  summary text not null,
  details jsonb not null,
  contact jsonb not null,
  location jsonb not null,
  proofs text[] not null,
  -- Where it was to go when it was submitted: what its deliveries are reconciled with.
  connectors text[] not null,
  measure bigint not null,
  submitted_at timestamptz not null,
  target_on date,
  primary key (council, reference),
  unique (council, journey)
);

create table case_update (
  council text not null,
  reference text not null,
  sequence integer not null,
  status text not null,
  note text not null,
  at timestamptz not null,
  source text not null,
  update_id text not null,
  primary key (council, reference, sequence),
  unique (council, source, update_id, reference),
  foreign key (council, reference) references council_case
);

-- One case on its way to one back office. Its state is derived from the times.
create table delivery (
  council text not null,
  reference text not null,
  connector text not null,
  sequence integer not null,
  idempotency_key text not null,
  created_at timestamptz not null,
  -- Since when it is being tried: its beginning, or the last time that somebody had it tried again.
  since timestamptz not null,
  next_at timestamptz not null,
  attempts integer not null default 0,
  claimed_at timestamptz,
  delivered_at timestamptz,
  failed_at timestamptz,
  external_id text,
  last_error text,
  primary key (council, reference, connector, sequence),
  foreign key (council, reference) references council_case
);
create index delivery_due on delivery (council, connector, next_at) where delivered_at is null and failed_at is null;
create index delivery_by_external on delivery (council, connector, external_id) where external_id is not null;

-- One row for each journey started, and what became of it: nothing can be counted twice, so completion
-- cannot pass 100%. No personal data. `day` is the London day of the start. `outcome` is 'submitted',
-- 'ineligible' or 'elsewhere'; none means that the journey was not completed (yet).
create table measure (
  council text not null,
  measure bigint generated always as identity,
  service text not null,
  version text not null,
  channel text not null,
  day date not null,
  started_at timestamptz not null,
  outcome text check (outcome in ('submitted', 'ineligible', 'elsewhere')),
  seconds integer,
  score smallint check (score between 1 and 5),
  primary key (council, measure)
) with (fillfactor = 80);
create index measure_by_day on measure (council, service, day);

create table rating (
  council text not null,
  reference text not null,
  score smallint not null check (score between 1 and 5),
  comment text not null,
  at timestamptz not null,
  primary key (council, reference),
  foreign key (council, reference) references council_case
);

-- Wrong guesses at a case, by who guessed; swept when the window has passed.
create table attempt (
  council text not null references council,
  client text not null,
  tries integer not null,
  since timestamptz not null,
  primary key (council, client)
);

-- What a back office said of a case before we knew its number of that case; taken once we do, kept for a month at most.
-- No personal data but what the back office may have written in `note`.
create table early_update (
  council text not null references council,
  connector text not null,
  external_id text not null,
  update_id text not null,
  status text not null,
  note text not null,
  at timestamptz not null,
  received_at timestamptz not null,
  primary key (council, connector, external_id, update_id)
);

create function keep_adopted() returns trigger language plpgsql as $$
begin
  if exists (select from journey where council = old.council and digest = old.digest)
     or exists (select from council_case where council = old.council and digest = old.digest) then
    raise foreign_key_violation using message =
      format('journeys or cases of %s still run %s: an adopted version stays as long as they do', old.council, old.digest);
  end if;
  return case tg_op when 'DELETE' then old else new end;
end $$;
create trigger keep_adopted before delete or update of council, digest on adopted
  for each row execute function keep_adopted();
