-- Messages that say what became of a signal ("alvo 1 atingido", "stop"), read when they are stored.
-- The database reads them itself: every way a message comes in, and every edit, passes here.

create table follow_ups (
  channel_id bigint  not null,
  message_id bigint  not null,
  asset      text,              -- null: the message names none
  outcome    text    not null check (outcome in ('target', 'stop', 'cancelled')),
  target     integer,           -- which target: 1, 2, …, 99 the final one; null: not said
  primary key (channel_id, message_id)
);

-- Small letters without accents and marks of emphasis, in any locale of the database.
create function folded(text text) returns text language sql immutable parallel safe
return translate(lower(text), 'áàâãäéêèíîóôõöúüçÁÀÂÃÄÉÊÈÍÎÓÔÕÖÚÜÇº°–—*_~`',
                 'aaaaaeeeiioooouucaaaaaeeeiioooouucoo--');

-- What one sentence says that is no condition and no wish; no row when it says nothing.
create function read_outcome(sentence text)
returns table (outcome text, target integer) language sql immutable parallel safe
begin atomic
  with words as (
    select regexp_replace(sentence, '\s+', ' ', 'g') as told
  ), said as (
    select told,
           told ~ ('\m(se|caso|apos|quando|nao|quase|falta|ainda|ontem|semana|anterior|if|when|not|'
                   'after|almost|proximo|perto|buscar|rumo|suba|subam|mova|movam|ajuste|ajustem)\M')
             as is_open,
           told ~ '\mcancel(a|ada|adas|ado|ados|amos|em|ed|led)\M|\mdesconsider\w*' as cancels,
           told ~ '\m(alvos?|targets?|tp|objetivos?|gains?) ?[0-9]?\M'
             and told ~ '\m(atingi\w*|bat(ido|idos|ida|eu|emos)|hit|reached|feito|no bolso)\M'
             as reaches,
           told ~ ('\m(e?stop(ado|ada|ados|ou|amos|ped))\M'
                   '|\m(tomamos|levamos|tomou|bateu|atingiu|acionou|pegou|deu|hit)( o| no| um)? stop\M'
                   '|\mstop( loss)?( foi)? (atingido|acionado|batido|executado|hit)\M')
             or told ~ '^\W*([a-z0-9]+\W+)?stop( loss)?\W*([-+]?[0-9,.]+ ?%\W*)?$' as stops
      from words
  )
  select case when cancels then 'cancelled' when stops then 'stop' else 'target' end,
         case when not (cancels or stops) then
           case when told ~ '\m(alvo|target|objetivo) final\M|\mfinal target\M|\mtodos os alvos\M' then 99
                when told ~ '\m(primeiro|first) (alvo|target)|\m1[oa]? ?alvo\M' then 1
                when told ~ '\m(segundo|second) (alvo|target)|\m2[oa]? ?alvo\M' then 2
                when told ~ '\m(terceiro|third) (alvo|target)|\m3[oa]? ?alvo\M' then 3
                else substring(told from '\m(?:alvo|target|tp|objetivo) ?([1-9])\M')::integer end
         end
    from said
   where (cancels or stops or reaches) and not is_open;
end;

-- The asset codes that a folded text names, each once, in capitals.
create function read_assets(text text) returns text[] language sql immutable parallel safe
return array(
  select distinct upper(found[1])
    from regexp_matches(text, '\m([a-z][a-z0-9][a-z]{2}(?:[0-9]{1,2}[fbt]?|[a-x][0-9]{1,4}(?:w[1-5])?)'
                              '|[a-z]{2}[a-z0-9][fghjkmnquvxz][0-9]{2}|(?:win|wdo|ind|dol|bit)fut)\M',
                        'g') as found
   where found[1] !~ '^(alvo|stop|foto|tipo|nota|dica|fase|live|aula)[0-9]');

-- What a whole message says: one outcome about one asset or none named. Two of either say nothing
-- that could be told apart, and no row comes.
create function read_follow_up(text text)
returns table (asset text, outcome text, target integer) language sql immutable parallel safe
begin atomic
  with sentences as (
    select sentence
      from regexp_split_to_table(folded(text), '[.](?=\s|$)|[\n!?;]+') as sentence
  ), outcomes as (
    select o.outcome, max(o.target) as target
      from sentences cross join lateral read_outcome(sentence) as o
     group by o.outcome
  ), assets as (
    select read_assets(folded(text)) as found
  )
  select found[1], outcomes.outcome, outcomes.target
    from outcomes, assets
   where cardinality(found) <= 1
     and (select count(*) from outcomes) = 1;
end;

-- With the path of now: whoever writes may have another one.
create function note_follow_up() returns trigger language plpgsql set search_path from current as $$
begin
  delete from follow_ups f
   where (f.channel_id, f.message_id) = (new.channel_id, new.message_id);
  if new.kind = 'not_a_signal' then
    insert into follow_ups (channel_id, message_id, asset, outcome, target)
    select new.channel_id, new.message_id, r.asset, r.outcome, r.target
      from read_follow_up(new.text) r;
  end if;
  return null;
end
$$;

-- Ordinary chat is told by one look, without a call.
create trigger messages_follow_up
after insert on messages
for each row when (
  new.kind = 'not_a_signal'
  and new.text ~* '(alvo|target|stop|gain|objetivo|cancel|desconsid|\mtp)'
) execute function note_follow_up();

create trigger messages_follow_up_edited
after update of text, kind on messages
for each row when (old.text is distinct from new.text or old.kind <> new.kind)
execute function note_follow_up();

insert into follow_ups (channel_id, message_id, asset, outcome, target)
select m.channel_id, m.message_id, r.asset, r.outcome, r.target
  from messages m cross join lateral read_follow_up(m.text) r
 where m.kind = 'not_a_signal';
