#!/usr/bin/env bash
# Runs once, when the primary is made: Aerie's login and database, and the login of the replica.
set -euo pipefail
psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" \
  -v aerie="$(cat /run/secrets/aerie_password)" -v replication="$(cat /run/secrets/replication_password)" <<'SQL'
-- No superuser, no bypass of row-level security: it is the second wall between accounts.
CREATE ROLE aerie LOGIN PASSWORD :'aerie' NOSUPERUSER NOBYPASSRLS;
CREATE DATABASE aerie OWNER aerie;
CREATE ROLE replicator LOGIN REPLICATION PASSWORD :'replication';
SELECT pg_create_physical_replication_slot('replica');
SQL
echo "host replication replicator all scram-sha-256" >>"$PGDATA/pg_hba.conf"
