-- The one deadline of a ticket: the one that runs, or the last one that did.
CREATE TABLE deadlines (
    account_id TEXT NOT NULL,
    id         TEXT NOT NULL,
    ticket_id  BIGINT NOT NULL,
    at         BIGINT NOT NULL,
    state      TEXT NOT NULL,
    set_at     BIGINT NOT NULL,
    set_by     BIGINT,
    version    BIGINT NOT NULL,
    PRIMARY KEY (account_id, id)
);
CREATE UNIQUE INDEX deadlines_by_ticket ON deadlines (account_id, ticket_id);
CREATE INDEX deadlines_by_time ON deadlines (account_id, state, at);

-- What became of a ticket's deadlines.
CREATE TABLE deadline_history (
    account_id  TEXT NOT NULL,
    id          TEXT NOT NULL,
    ticket_id   BIGINT NOT NULL,
    at          BIGINT NOT NULL,
    event       TEXT NOT NULL,
    deadline_at BIGINT NOT NULL,
    via         TEXT NOT NULL,
    agent_id    BIGINT,
    detail      TEXT,
    PRIMARY KEY (account_id, id)
);
CREATE INDEX deadline_history_by_ticket ON deadline_history (account_id, ticket_id, id);
