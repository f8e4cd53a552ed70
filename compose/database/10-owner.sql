-- Run once, by the image, on a new database: the API's user owns this database and nothing else, and
-- Grafana's user reads what that one makes in it. An older database: `tpcapital db roles`.
\set password `cat /run/secrets/database_password`
\set grafana_password `cat /run/secrets/grafana_database_password`
create role tpcapital login password :'password';
alter database :"DBNAME" owner to tpcapital;
revoke all on database :"DBNAME" from public;
create role grafana login password :'grafana_password';
grant connect on database :"DBNAME" to grafana;
alter default privileges for role tpcapital grant usage on schemas to grafana;
alter default privileges for role tpcapital grant select on tables to grafana;
alter role grafana in database :"DBNAME" set default_transaction_read_only = on;
alter role grafana in database :"DBNAME" set statement_timeout = '30s';
