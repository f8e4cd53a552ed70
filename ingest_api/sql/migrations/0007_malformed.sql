-- The page lists the texts that could not be read; there are few among many.

create index messages_malformed on messages (sent_at desc, id desc)
  where kind = 'malformed' and deleted_at is null;
