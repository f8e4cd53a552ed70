-- What the operator's commands ask the database. The search path is our schema first.

-- name: select_server
-- The server's version, the database, and TimescaleDB's version and edition where it is installed.
select current_setting('server_version') as postgresql, current_database() as database,
       current_user as "user", pg_is_in_recovery() as standby,
       pg_database_size(current_database()) as size_bytes,
       (select extversion from pg_extension where extname = 'timescaledb') as timescaledb,
       current_setting('timescaledb.license', true) as license;

-- name: select_stale_extension
-- TimescaleDB's version in this database, when the server's program has another; else no row.
select installed_version as installed, default_version as available
  from pg_available_extensions
 where name = 'timescaledb' and installed_version <> default_version;

-- name: select_is_migrated
-- Whether the schema has a table of migrations at all.
select to_regclass(format('%%I.schema_migrations', %(schema)s::text)) is not null as is_migrated;

-- name: select_applied
-- The migrations applied so far, with their times.
select version, name, sha256, applied_at from schema_migrations order by version;

-- name: select_tables
-- Every table of the schema with all its bytes; a hypertable's chunks inherit from it.
select c.relname as name,
       pg_total_relation_size(c.oid) + coalesce(
         (select sum(pg_total_relation_size(inhrelid)) from pg_inherits where inhparent = c.oid), 0
       )::bigint as bytes,
       (select count(*) from pg_inherits where inhparent = c.oid) as chunks
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
 where n.nspname = %(schema)s and c.relkind = 'r'
 order by c.relname;

-- name: count_rows
-- The rows of one table.
select count(*) as rows from {table};

-- name: select_catalog
-- What the schema is made of, one row a thing, without the schema's own name in any definition.
with here as (
  select oid, quote_ident(nspname) || '.' as prefix from pg_namespace where nspname = %(schema)s
), things as (
  select case c.relkind when 'v' then 'view' when 'm' then 'materialized view'
              when 'S' then 'sequence' else 'table' end as kind,
         c.relname::text as name,
         case when c.relkind in ('v', 'm') then pg_get_viewdef(c.oid) else '' end as definition
    from pg_class c join here on c.relnamespace = here.oid
   where c.relkind in ('r', 'p', 'v', 'm', 'S')
  union all
  select 'column', c.relname || '.' || a.attname,
         concat_ws(' ', format_type(a.atttypid, a.atttypmod),
                   case when a.attnotnull then 'not null' end,
                   case a.attidentity when 'a' then 'identity always' when 'd' then 'identity' end,
                   case a.attgenerated when '' then 'default' else 'generated' end
                   || ' ' || pg_get_expr(d.adbin, d.adrelid))
    from pg_class c
    join here on c.relnamespace = here.oid
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    left join pg_attrdef d on (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
   where c.relkind in ('r', 'p', 'v', 'm')
  union all
  -- not null stands at the column; PostgreSQL 18 names it as a constraint as well
  select 'constraint', c.relname || '.' || k.conname, pg_get_constraintdef(k.oid)
    from pg_constraint k
    join pg_class c on c.oid = k.conrelid
    join here on c.relnamespace = here.oid
   where k.contype <> 'n'
  union all
  select 'index', i.relname::text,
         pg_get_indexdef(i.oid) || case when x.indisvalid then '' else ' (invalid)' end
    from pg_index x join pg_class i on i.oid = x.indexrelid join here on i.relnamespace = here.oid
  union all
  select 'function', p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')',
         pg_get_functiondef(p.oid)
    from pg_proc p join here on p.pronamespace = here.oid
   where p.prokind = 'f'
     and not exists (  -- an extension's own
       select from pg_depend e
        where (e.classid, e.objid, e.deptype) = ('pg_proc'::regclass, p.oid, 'e'))
  union all
  select 'trigger', c.relname || '.' || t.tgname, pg_get_triggerdef(t.oid)
    from pg_trigger t join pg_class c on c.oid = t.tgrelid join here on c.relnamespace = here.oid
   where not t.tgisinternal
)
select kind, name, replace(definition, here.prefix, '') as definition
  from things, here
 where name <> 'schema_migrations' and name not like 'schema\_migrations%%'
 order by kind, name;

-- name: select_partitions
-- The dimension of each hypertable of the schema; only where TimescaleDB is installed.
select 'hypertable' as kind, hypertable_name::text as name,
       column_name || ' ' || time_interval::text as definition
  from timescaledb_information.dimensions
 where hypertable_schema = %(schema)s
 order by hypertable_name;

-- name: select_home
-- The schema that TimescaleDB's functions are in; no row without it.
select n.nspname as schema
  from pg_extension e join pg_namespace n on n.oid = e.extnamespace
 where e.extname = 'timescaledb';
