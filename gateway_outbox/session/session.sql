-- Questions to a session file of the user source's library (its schema 8), which alone writes it.

-- name: structure
-- purpose: the tables that the file has
SELECT name FROM sqlite_master WHERE type = 'table';

-- name: version
-- purpose: the schema's number
SELECT version FROM version;

-- name: keys
-- purpose: the account's home data centre and the key that was agreed on with it
SELECT dc_id, server_address, port, auth_key FROM sessions;

-- name: entities
-- purpose: how many accounts and channels the file knows the access hash of
SELECT count(*) FROM entities;

-- name: check
-- purpose: SQLite's own reading of the whole file
PRAGMA quick_check(1);
