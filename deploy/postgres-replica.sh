#!/usr/bin/env bash
# Copies the primary when there is nothing yet, then follows it.
set -euo pipefail
data=/var/lib/postgresql/data
if [ ! -s "$data/PG_VERSION" ]; then
  # A copy that broke off is begun anew.
  find "$data" -mindepth 1 -delete
  PGPASSWORD=$(cat /run/secrets/replication_password) \
    pg_basebackup -h primary -U replicator -D "$data" -X stream -S replica -R --checkpoint=fast
fi
chmod 700 "$data"
# Where to find the primary was written down by pg_basebackup (-R).
exec postgres -D "$data" -c hot_standby=on
