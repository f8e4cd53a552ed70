-- What backup and restore ask the database. In braces: identifiers.

-- name: select_version
-- The server's major version, the database, and where which TimescaleDB is.
select current_setting('server_version_num')::integer / 10000 as postgresql,
       current_database() as database,
       (select extversion from pg_extension where extname = 'timescaledb') as timescaledb,
       (select n.nspname::text from pg_extension e join pg_namespace n on n.oid = e.extnamespace
         where e.extname = 'timescaledb') as extension_schema;

-- name: export_snapshot
-- The state that the dump and the counts share.
select pg_export_snapshot() as snapshot;

-- name: select_backup_tables
-- Every table of the schema, and whether it has a numeric id.
select c.relname::text as name,
       exists (select from pg_attribute a
                where a.attrelid = c.oid and a.attname = 'id' and a.atttypid = 'bigint'::regtype)
         as has_id
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
 where n.nspname = %(schema)s and c.relkind in ('r', 'p')
   and not exists (select from pg_depend e
                    where (e.classid, e.objid, e.deptype) = ('pg_class'::regclass, c.oid, 'e'))
 order by c.relname;

-- name: count_with_id
-- The rows of a table and its greatest id.
select count(*) as rows, max(id) as newest_id from {table};

-- name: count_without_id
-- The rows of a table.
select count(*) as rows, null::bigint as newest_id from {table};

-- name: create_database
-- A database for a restore.
create database {database} template template0;

-- name: drop_database
-- The end of one.
drop database if exists {database} with (force);

-- name: rename_database
-- The moment of a restore, and of its rollback. Refused while anybody is connected.
alter database {database} rename to {name};

-- name: create_home
-- The schema that TimescaleDB is in.
create schema if not exists {schema};

-- name: create_extension_at
-- TimescaleDB of the dump's version in the dump's schema.
create extension if not exists timescaledb with schema {schema} version {version};

-- name: pre_restore
-- TimescaleDB lets its catalog be written.
select {schema}.timescaledb_pre_restore();

-- name: post_restore
-- TimescaleDB reads its catalog again.
select {schema}.timescaledb_post_restore();

-- name: stop_workers
-- TimescaleDB's workers are connections too, which stand in the way of a new name.
select _timescaledb_functions.stop_background_workers();

-- name: start_workers
-- They work again.
select _timescaledb_functions.start_background_workers();

-- name: has_stamp
-- A row when the schema's signals have it: the table of the old system, of the same name, has not.
select true as has_stamp from pg_attribute
 where attrelid = to_regclass(format('%%I.tp_capital_signals', %(schema)s::text))
   and attname = 'changed_xid';

-- name: stamp_signals
-- A transaction's number means nothing in another cluster: all are news to the feed once more.
update {table} set changed_xid = pg_current_xact_id();

-- name: count_roles
-- How many of these roles the server has.
select count(*) as roles from pg_roles where rolname = any(%(names)s);
