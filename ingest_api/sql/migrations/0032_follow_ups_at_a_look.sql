-- Most texts with a word like "stop" say nothing of a signal's end. One look over the whole text
-- tells them from the rest: without one of these words no sentence of it can have an outcome.

create or replace function read_follow_up(text text)
returns table (asset text, outcome text, target integer) language sql immutable parallel safe
begin atomic
  with plain as materialized (
    select folded(text) as told
  ), sentences as (
    select sentence
      from plain cross join lateral regexp_split_to_table(told, '[.](?=\s|$)|[\n!?;]+') as sentence
     where told ~ ('cancel|desconsider'
                   '|stop(ad|ou|amos|ped)|tomamos|levamos|tomou|acion|pegou|\mdeu\M|executado'
                   '|atingi|bat(id|eu|emos)|hit|reached|feito|no\s+bolso'
                   '|(^|[.\n!?;])\W*([a-z0-9]+\W+)?stop(\s+loss)?\W*([-+]?[0-9,.]+\s*%\W*)?($|[.\n!?;])')
  ), outcomes as (
    select o.outcome, max(o.target) as target
      from sentences cross join lateral read_outcome(sentence) as o
     group by o.outcome
  ), clear as (
    select min(outcome) as outcome, min(target) as target from outcomes having count(*) = 1
  )
  select found[1], outcome, target
    from clear cross join plain cross join lateral (select read_assets(told) as found) as assets
   where cardinality(found) <= 1;
end;
