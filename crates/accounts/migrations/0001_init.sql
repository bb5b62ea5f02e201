-- One Zendesk instance that uses at least one app.
CREATE TABLE accounts (
    account_id TEXT PRIMARY KEY,
    subdomain  TEXT NOT NULL UNIQUE,
    created_at BIGINT NOT NULL
);

-- An app installed in an account. app_id is Zendesk's id of the app, pinned when the installation was first authorised.
CREATE TABLE installations (
    account_id      TEXT NOT NULL REFERENCES accounts,
    installation_id BIGINT NOT NULL,
    app             TEXT NOT NULL,
    app_id          BIGINT NOT NULL,
    created_at      BIGINT NOT NULL,
    initialised_at  BIGINT,
    PRIMARY KEY (account_id, installation_id)
);
CREATE INDEX installations_by_app ON installations (account_id, app);

-- Where a copy of the account token lies on Zendesk's side (an installation's settings, a webhook), each with a hash of its own.
CREATE TABLE account_tokens (
    hash       TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts,
    place      TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX account_tokens_by_place ON account_tokens (account_id, place);

-- The OAuth grant of one administrator. Tokens are encrypted; refreshing_until is held by the node that refreshes.
CREATE TABLE authorizations (
    account_id         TEXT NOT NULL REFERENCES accounts,
    id                 TEXT PRIMARY KEY,
    user_id            BIGINT NOT NULL,
    user_name          TEXT NOT NULL,
    access_token       TEXT NOT NULL,
    refresh_token      TEXT,
    access_expires_at  BIGINT,
    scope              TEXT NOT NULL,
    granted_at         BIGINT NOT NULL,
    version            BIGINT NOT NULL,
    refreshing_until   BIGINT,
    lost_at            BIGINT,
    lost_reason        TEXT,
    UNIQUE (account_id, user_id)
);

-- An administrator who was sent to Zendesk's consent page and has not come back yet. No account exists at this point.
CREATE TABLE authorization_attempts (
    state_hash      TEXT PRIMARY KEY,
    subdomain       TEXT NOT NULL,
    app             TEXT NOT NULL,
    app_id          BIGINT NOT NULL,
    installation_id BIGINT NOT NULL,
    agent_id        BIGINT NOT NULL,
    code_verifier   TEXT NOT NULL,
    expires_at      BIGINT NOT NULL
);

-- The mirror of agents: who may do what, and where to write about app updates.
CREATE TABLE agents (
    account_id         TEXT NOT NULL REFERENCES accounts,
    user_id            BIGINT NOT NULL,
    name               TEXT NOT NULL,
    email              TEXT,
    role               TEXT NOT NULL,
    light              BOOLEAN NOT NULL,
    active             BOOLEAN NOT NULL,
    ticket_restriction TEXT,
    organization_id    BIGINT,
    group_ids          TEXT NOT NULL,
    time_zone          TEXT,
    locale             TEXT,
    checked_at         BIGINT NOT NULL,
    PRIMARY KEY (account_id, user_id)
);
