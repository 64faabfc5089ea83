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
  primary key (council, journey),
  foreign key (council, digest) references adopted
) with (fillfactor = 70);
create index journey_by_expiry on journey (council, expires_at);

create table council_case (
  council text not null references council,
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
  measure bigint not null,
  submitted_at timestamptz not null,
  target_on date,
  primary key (council, reference),
  unique (council, journey),
  foreign key (council, digest) references adopted
);
create index case_by_time on council_case (council, submitted_at);

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
  next_at timestamptz not null,
  attempts integer not null default 0,
  claimed_at timestamptz,
  delivered_at timestamptz,
  failed_at timestamptz,
  external_id text,
  last_error text,
  primary key (council, reference, connector, sequence),
  unique (council, idempotency_key),
  foreign key (council, reference) references council_case
);
create index delivery_due on delivery (council, next_at) where delivered_at is null and failed_at is null;
create index delivery_by_external on delivery (council, connector, external_id) where external_id is not null;

-- One row for each journey started, and what became of it: nothing can be counted twice, so completion
-- cannot pass 100%. No personal data. `day` is the London day of the start. `outcome` is 'submitted',
-- 'ineligible' or 'elsewhere'; none means that the journey was not completed (yet).
create table measure (
  council text not null references council,
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
