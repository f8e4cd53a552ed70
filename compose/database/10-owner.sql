-- Run once, by the image, on a new database: the API's user owns this database and nothing else.
\set password `cat /run/secrets/database_password`
create role tpcapital login password :'password';
alter database :"DBNAME" owner to tpcapital;
revoke all on database :"DBNAME" from public;
