-- name: roles
-- Three roles: one owns and migrates, one reads and writes for the API, one only reads for Grafana.
-- Run it again after any change; it changes nothing that is right already.
do $$
begin
  if not exists (select from pg_roles where rolname = {owner_name}) then
    create role {owner} login;
  end if;
  if not exists (select from pg_roles where rolname = {api_name}) then
    create role {api} login;
  end if;
  if not exists (select from pg_roles where rolname = {grafana_name}) then
    create role {grafana} login;
  end if;
end
$$;

grant connect on database {database} to {owner}, {api}, {grafana};
-- The owner makes the schema, and verifies by building it a second time beside.
grant create on database {database} to {owner};
grant {owner} to current_user;
alter schema {schema} owner to {owner};
do $$
declare
  thing record;
begin
  -- a table's indexes and its identity's sequence follow it; an extension's own things are its own
  for thing in
    select c.oid::regclass as name,
           case c.relkind when 'v' then 'view' when 'm' then 'materialized view'
                else 'table' end as kind
      from pg_class c
     where c.relnamespace = {schema_name}::regnamespace and c.relkind in ('r', 'p', 'v', 'm')
       and not exists (select from pg_depend e
                        where (e.classid, e.objid, e.deptype) = ('pg_class'::regclass, c.oid, 'e'))
  loop
    execute format('alter %s %s owner to %I', thing.kind, thing.name, {owner_name});
  end loop;
  for thing in
    select p.oid::regprocedure as name
      from pg_proc p
     where p.pronamespace = {schema_name}::regnamespace
       and not exists (select from pg_depend e
                        where (e.classid, e.objid, e.deptype) = ('pg_proc'::regclass, p.oid, 'e'))
  loop
    execute format('alter function %s owner to %I', thing.name, {owner_name});
  end loop;
end
$$;

grant usage on schema {schema} to {api}, {grafana};
grant select, insert, update, delete on all tables in schema {schema} to {api};
grant usage, select on all sequences in schema {schema} to {api};
grant select on all tables in schema {schema} to {grafana};
-- What the operator's commands keep, the API only looks at.
revoke insert, update, delete on {schema}.schema_migrations, {schema}.adopted_rows,
  {schema}.retention from {api};

-- The same for what later migrations make.
alter default privileges for role {owner} in schema {schema}
  grant select, insert, update, delete on tables to {api};
alter default privileges for role {owner} in schema {schema}
  grant usage, select on sequences to {api};
alter default privileges for role {owner} in schema {schema} grant select on tables to {grafana};

alter role {grafana} in database {database} set default_transaction_read_only = on;
alter role {grafana} in database {database} set statement_timeout = '30s';
alter role {grafana} in database {database} set search_path = {schema}, public;
