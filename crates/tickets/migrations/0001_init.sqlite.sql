-- What the apps did or wish, one line each, for the Activity screens.
CREATE TABLE activity (
    account_id       TEXT NOT NULL,
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    at               BIGINT NOT NULL,
    ticket_id        BIGINT,
    app              TEXT NOT NULL,
    code             TEXT NOT NULL,
    args             TEXT NOT NULL,
    cause_kind       TEXT NOT NULL,
    cause_id         TEXT,
    cause_text       TEXT,
    authorization_of TEXT,
    result           TEXT NOT NULL,
    result_code      TEXT,
    result_detail    TEXT
);
CREATE INDEX activity_by_time ON activity (account_id, at, id);
CREATE INDEX activity_by_ticket ON activity (account_id, ticket_id, at, id);

-- Ticket changes that Zendesk has not confirmed yet. job_status is Zendesk's id of the bulk job that carries the change;
-- not_before says when to send it again, or with job_status when to look again.
CREATE TABLE ticket_changes (
    account_id  TEXT NOT NULL,
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    ticket_id   BIGINT NOT NULL,
    activity_id BIGINT NOT NULL,
    app         TEXT NOT NULL,
    change      TEXT NOT NULL,
    stated_at   BIGINT NOT NULL,
    not_before  BIGINT NOT NULL,
    attempts    BIGINT NOT NULL DEFAULT 0,
    alone       BOOLEAN NOT NULL DEFAULT FALSE,
    job_status  TEXT,
    sent_at     BIGINT
);
CREATE INDEX ticket_changes_by_age ON ticket_changes (account_id, id);
CREATE INDEX ticket_changes_by_ticket ON ticket_changes (account_id, ticket_id);
CREATE INDEX ticket_changes_in_flight ON ticket_changes (account_id) WHERE job_status IS NOT NULL;

-- Whether a job that sends the account's changes exists: there is never more than one.
CREATE TABLE ticket_senders (
    account_id TEXT PRIMARY KEY,
    live       BOOLEAN NOT NULL
);

-- What Zendesk said about a ticket last: enough to tell who may see it and whether it is solved, nothing else.
CREATE TABLE tickets_mirror (
    account_id      TEXT NOT NULL,
    ticket_id       BIGINT NOT NULL,
    status          TEXT NOT NULL,
    group_id        BIGINT,
    assignee_id     BIGINT,
    requester_id    BIGINT,
    organization_id BIGINT,
    updated_at      BIGINT,
    fetched_at      BIGINT NOT NULL,
    PRIMARY KEY (account_id, ticket_id)
);

-- In-app notifications that are not delivered yet. title and body are the administrator's texts with their placeholders;
-- remaining are the agents still to be told, once that is known.
CREATE TABLE notifications (
    account_id     TEXT NOT NULL,
    id             TEXT NOT NULL,
    app            TEXT NOT NULL,
    kind           TEXT NOT NULL,
    title          TEXT NOT NULL,
    body           TEXT NOT NULL,
    audience       TEXT NOT NULL,
    ticket_id      BIGINT,
    link_ticket_id BIGINT,
    activity_id    BIGINT NOT NULL,
    created_at     BIGINT NOT NULL,
    remaining      TEXT,
    PRIMARY KEY (account_id, id)
);
