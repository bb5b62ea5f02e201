-- What a door answered, so that the same request sent again gets the same answer and does nothing.
CREATE TABLE answers (
    account_id TEXT NOT NULL,
    app        TEXT NOT NULL,
    invocation TEXT NOT NULL,
    body       TEXT NOT NULL,
    at         BIGINT NOT NULL,
    PRIMARY KEY (account_id, app, invocation)
);
CREATE INDEX answers_by_age ON answers (at);

-- What administrators set for an app. One row an app; the version tells two administrators apart who change it at once.
CREATE TABLE app_settings (
    account_id TEXT NOT NULL,
    app        TEXT NOT NULL,
    body       TEXT NOT NULL,
    version    BIGINT NOT NULL,
    PRIMARY KEY (account_id, app)
);
