-- In which ward a case is, by its code: where the installation has boundaries (`commonhall directory wards`).

alter table measure add column ward text;
alter table measure_change add column ward text;

create or replace function note_measures() returns trigger language plpgsql as $$
begin
  if tg_op <> 'INSERT' then
    insert into measure_change (council, sign, service, channel, day, outcome, seconds, score, path, sent_on, target_on,
                                rated_on, closed_on, wait_hours, fixed, reopened, again, repeated, area, street, ward)
    select council, -1, service, channel, day, outcome, seconds, score, path, sent_on, target_on,
           rated_on, closed_on, wait_hours, fixed, reopened, again, repeated, area, street, ward from was;
  end if;
  if tg_op <> 'DELETE' then
    insert into measure_change (council, sign, service, channel, day, outcome, seconds, score, path, sent_on, target_on,
                                rated_on, closed_on, wait_hours, fixed, reopened, again, repeated, area, street, ward)
    select council, 1, service, channel, day, outcome, seconds, score, path, sent_on, target_on,
           rated_on, closed_on, wait_hours, fixed, reopened, again, repeated, area, street, ward from became;
  end if;
  return null;
end $$;
