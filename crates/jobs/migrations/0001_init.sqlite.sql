-- See the PostgreSQL text beside this one for what the columns mean.
CREATE TABLE jobs (
    -- AUTOINCREMENT: an id that was given once never comes back, or a cancelled run could take its successor for itself.
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    due_at     BIGINT NOT NULL,
    run_at     BIGINT,
    key_hash   BIGINT,
    fence      INTEGER NOT NULL DEFAULT 0,
    attempts   SMALLINT NOT NULL DEFAULT 0,
    state      SMALLINT NOT NULL DEFAULT 0,
    account_id TEXT NOT NULL,
    name       TEXT NOT NULL,
    key        TEXT,
    payload    TEXT NOT NULL,
    reason     TEXT NOT NULL DEFAULT ''
);
CREATE INDEX jobs_run_at ON jobs (run_at) WHERE run_at IS NOT NULL;
CREATE UNIQUE INDEX jobs_key ON jobs (key_hash) WHERE key_hash IS NOT NULL;
CREATE INDEX jobs_at_rest ON jobs (account_id, state) WHERE run_at IS NULL;
