-- Deletions. Nothing is taken out of any table: a message is marked, its signal withdrawn.

alter table messages
  -- When a deletion in Telegram was noticed, the earliest time told; never null again.
  add column deleted_at timestamptz,
  -- An operator's last word on the signal, which stands above what Telegram did or does:
  -- 'deleted' by DELETE /signals, 'restored' after a withdrawal; null leaves it to Telegram.
  add column decision text check (decision in ('deleted', 'restored'));

-- A deletion may come before its message. Its row then is a placeholder with revision 0: older than
-- any version, with a send time that the first delivery of the message replaces.
comment on column messages.revision is 'distinct texts seen; 0 while only its deletion is known';

-- Whether a message's signal is shown. The one place that decides it.
create function signal_status(kind text, deleted_at timestamptz, decision text) returns text
language sql immutable
return case
  when decision = 'restored' then 'active'
  when decision is null and deleted_at is null and kind = 'signal' then 'active'
  else 'withdrawn'
end;

create or replace view forwarded_messages as
select id,
       channel_id::text as channel_id,
       message_id,
       text             as message_text,
       sent_at          as original_timestamp,
       photos::text     as photos,
       first_seen_at    as received_at
  from messages
 where revision > 0;
