-- What of a service has become worse than it used to be, and which mails have told whom.

-- `base` and `rate` are shares (0 to 1) of `base_counted` and `counted` things: before, and when it was noticed.
create table alert (
  council text not null,
  service text not null,
  what text not null check (what in ('completion', 'deliveries', 'satisfaction')),
  raised_on date not null,
  base double precision not null check (base between 0 and 1),
  base_counted bigint not null check (base_counted > 0),
  rate double precision not null check (rate between 0 and 1),
  counted bigint not null check (counted > 0),
  recovered_on date check (recovered_on >= raised_on),
  primary key (council, service, what, raised_on)
);
create unique index alert_open on alert (council, service, what) where recovered_on is null;

-- The day on which a council's services were last compared with their past: once a day, whoever does it.
create table alert_look (
  council text not null primary key,
  looked_on date not null
);

-- A mail to somebody of the staff about something: claimed before it is sent, so that nobody else sends it.
create table notice (
  council text not null,
  person text not null,
  about text not null,
  claimed_at timestamptz not null,
  sent_at timestamptz,
  primary key (council, person, about)
);

-- Which mails somebody does not want: 'alerts', 'digest'.
alter table person add column unwanted text[] not null default '{}';

do $$
declare tenant_table text;
begin
  foreach tenant_table in array array['alert', 'alert_look', 'notice'] loop
    execute format('alter table %I enable row level security', tenant_table);
    execute format(
      'create policy own_council on %I to commonhall_tenant
         using (council = current_setting(''commonhall.council'', true))
         with check (council = current_setting(''commonhall.council'', true))', tenant_table);
    execute format('grant select, insert, update, delete on %I to commonhall_tenant', tenant_table);
  end loop;
end $$;
