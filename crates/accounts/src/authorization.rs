//! The OAuth grants of administrators: asked for, kept fresh, lost and taken over.

use jiff::SignedDuration;
use secrecy::SecretString;
use store::{AccountId, Db, Time, Tx, sql};
use zendesk::BaseUrl;
use zendesk::oauth::{self, TokenPair};

use crate::error::{Error, Result};
use crate::gateway::Accounts;
use crate::vault::VaultError;

/// Signalled whenever an authorization was granted, renewed or lost.
pub const TOPIC: &str = "authorization";

/// A token is renewed before it ends, so that no call is made with one that ends on the way.
const RENEW_BEFORE: SignedDuration = SignedDuration::from_mins(2);
/// How long one node may take to refresh before another one tries. Twice as long as the transport waits for an answer: a
/// node that still lives has given up by then, so two never spend the same refresh token.
const REFRESH_LEASE: SignedDuration = SignedDuration::from_secs(60);

const REFUSED: &str = "Zendesk no longer accepts the authorization";

/// How an account stands with Zendesk, as pages show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// Nobody has authorised yet.
    Missing,
    Healthy {
        granted_by: String,
    },
    /// Every grant is lost; offline work is parked.
    Lost {
        granted_by: String,
        since: Time,
        reason: String,
    },
}

impl Status {
    pub fn is_healthy(&self) -> bool {
        matches!(self, Status::Healthy { .. })
    }
}

#[derive(Debug, Clone, sqlx::FromRow)]
struct Row {
    id: String,
    user_id: i64,
    user_name: String,
    access_token: String,
    refresh_token: Option<String>,
    access_expires_at: Option<Time>,
    version: i64,
    refreshing_until: Option<Time>,
    lost_at: Option<Time>,
    lost_reason: Option<String>,
}

/// A token that is good now.
pub(crate) struct Grant {
    pub(crate) id: String,
    pub(crate) version: i64,
    pub(crate) access_token: SecretString,
}

const COLUMNS: &str =
    "SELECT id, user_id, user_name, access_token, refresh_token, access_expires_at, version, refreshing_until,
    lost_at, lost_reason FROM authorizations WHERE account_id = $1";

/// How the account of this transaction stands.
pub async fn status(tx: &mut Tx) -> store::Result<Status> {
    let rows: Vec<Row> = tx.all(sql(COLUMNS).push(" ORDER BY granted_at, id")).await?;
    if let Some(row) = rows.iter().find(|row| row.lost_at.is_none()) {
        return Ok(Status::Healthy { granted_by: row.user_name.clone() });
    }
    let latest = rows.into_iter().filter_map(|row| Some((row.lost_at?, row))).max_by_key(|(at, _)| *at);
    Ok(match latest {
        None => Status::Missing,
        Some((since, row)) => {
            Status::Lost { granted_by: row.user_name, since, reason: row.lost_reason.unwrap_or_default() }
        }
    })
}

/// The name of the administrator on whose authorization the server acts.
pub async fn acting_administrator(tx: &mut Tx) -> store::Result<Option<String>> {
    Ok(match status(tx).await? {
        Status::Healthy { granted_by } => Some(granted_by),
        _ => None,
    })
}

/// What a sealed token is bound to: its account, its administrator and its column.
fn context(account: &AccountId, user_id: i64, column: &str) -> String {
    format!("{account}/authorizations/{user_id}/{column}")
}

/// Stores a grant; the same administrator's earlier one is replaced and heals.
pub(crate) async fn save_grant(
    accounts: &Accounts,
    tx: &mut Tx,
    user_id: i64,
    user_name: &str,
    tokens: &TokenPair,
) -> Result<()> {
    let id = store::encode_id("auth", tx.now(), tx.random());
    let sealed = Sealed::new(accounts, tx.account(), user_id, tokens)?;
    let now = tx.now();
    tx.execute(
        sql("INSERT INTO authorizations (account_id, id, user_id, user_name, access_token, refresh_token,
                                         access_expires_at, scope, granted_at, version)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1)
             ON CONFLICT (account_id, user_id) DO UPDATE SET user_name = excluded.user_name,
                 access_token = excluded.access_token, refresh_token = excluded.refresh_token,
                 access_expires_at = excluded.access_expires_at, scope = excluded.scope,
                 granted_at = excluded.granted_at, version = authorizations.version + 1,
                 refreshing_until = NULL, lost_at = NULL, lost_reason = NULL")
        .bind(id)
        .bind(user_id)
        .bind(user_name)
        .bind(sealed.access)
        .bind(sealed.refresh)
        .bind(sealed.expires_at)
        .bind(tokens.scope.as_str())
        .bind(now),
    )
    .await?;
    tx.signal(TOPIC);
    Ok(())
}

struct Sealed {
    access: String,
    refresh: Option<String>,
    expires_at: Option<Time>,
}

impl Sealed {
    fn new(
        accounts: &Accounts,
        account: &AccountId,
        user_id: i64,
        tokens: &TokenPair,
    ) -> Result<Self, VaultError> {
        let random = &**accounts.db().random();
        let seal = |column, secret| accounts.keys().seal(&context(account, user_id, column), secret, random);
        let lifetime = tokens.expires_in.and_then(|lifetime| SignedDuration::try_from(lifetime).ok());
        Ok(Self {
            access: seal("access_token", &tokens.access)?,
            refresh: tokens.refresh.as_ref().map(|secret| seal("refresh_token", secret)).transpose()?,
            expires_at: lifetime.map(|lifetime| accounts.now().plus(lifetime)),
        })
    }
}

/// A token that Zendesk just answered with 401.
pub(crate) struct Refused {
    pub(crate) id: String,
    pub(crate) version: i64,
    /// It had been renewed before: renewing it once more will not help.
    pub(crate) again: bool,
}

impl Refused {
    fn is(&self, row: &Row) -> bool {
        self.id == row.id && self.version == row.version
    }
}

/// What is to be done before a token can be used.
enum Step {
    Use(Grant),
    Refresh {
        row: Row,
        refresh_token: SecretString,
    },
    /// Somebody else refreshes, until then at the latest.
    Wait(Time),
    /// The row has changed: look anew.
    Again,
}

/// A token that is good now, refreshed if it is about to end or if `refused` says that Zendesk refused it.
///
/// Of all callers on all nodes one refreshes and the others wait for its result. The row's lease is taken in one
/// statement, so two cannot both hold it; a node that dies holding it is followed by another when the lease ends.
pub(crate) async fn fresh(
    accounts: &Accounts,
    account: &AccountId,
    base_url: &BaseUrl,
    refused: Option<&Refused>,
) -> Result<Grant> {
    loop {
        match next_step(accounts, account, refused).await? {
            Step::Use(grant) => return Ok(grant),
            Step::Wait(until) => wait_for_other(accounts.db(), account, until).await,
            Step::Again => {}
            Step::Refresh { row, refresh_token } => {
                refresh(accounts, account, base_url, &row, &refresh_token).await?;
            }
        }
    }
}

async fn next_step(accounts: &Accounts, account: &AccountId, refused: Option<&Refused>) -> Result<Step> {
    let now = accounts.now();
    let row = {
        let mut tx = accounts.db().read_prefer_primary(account).await?;
        oldest_healthy(&mut tx).await?.ok_or(Error::NotAuthorised)?
    };
    // Almost always the token is simply good: then nothing is locked and nothing written.
    let was_refused = refused.is_some_and(|refused| refused.is(&row));
    if !was_refused && !ends_soon(&row, now) {
        let access_token =
            accounts.keys().open(&context(account, row.user_id, "access_token"), &row.access_token)?;
        return Ok(Step::Use(Grant { id: row.id, version: row.version, access_token }));
    }
    let renewable = !(was_refused && refused.is_some_and(|refused| refused.again));
    let Some(sealed) = row.refresh_token.as_ref().filter(|_| renewable) else {
        lose(accounts, account, &row.id, row.version, REFUSED).await?;
        return Ok(Step::Again);
    };
    if let Some(until) = row.refreshing_until.filter(|until| *until > now) {
        return Ok(Step::Wait(until));
    }
    let refresh_token = accounts.keys().open(&context(account, row.user_id, "refresh_token"), sealed)?;
    let lease = sql(
        "UPDATE authorizations SET refreshing_until = $2 WHERE account_id = $1 AND id = $3 AND version = $4
                     AND lost_at IS NULL AND (refreshing_until IS NULL OR refreshing_until <= $5)",
    );
    let mut tx = accounts.db().write(account).await?;
    let until = now.plus(REFRESH_LEASE);
    let taken = tx.execute(lease.bind(until).bind(&row.id).bind(row.version).bind(now)).await?;
    tx.commit().await?;
    // Not taken: somebody else was faster, whose lease or result is there to be seen now.
    Ok(if taken == 1 { Step::Refresh { row, refresh_token } } else { Step::Again })
}

/// Without a refresh token there is nothing to do before the end.
fn ends_soon(row: &Row, now: Time) -> bool {
    let before = if row.refresh_token.is_some() { RENEW_BEFORE } else { SignedDuration::ZERO };
    row.access_expires_at.is_some_and(|at| at <= now.plus(before))
}

async fn oldest_healthy(tx: &mut Tx) -> store::Result<Option<Row>> {
    tx.maybe(sql(COLUMNS).push(" AND lost_at IS NULL ORDER BY granted_at, id LIMIT 1")).await
}

/// Until the other's commit is heard of, or its lease has ended. In between we look every fifth of a second, because
/// SQLite does not carry signals between processes.
async fn wait_for_other(db: &Db, account: &AccountId, until: Time) {
    let mut signals = db.signals().subscribe();
    let heard = async {
        // An error is "missed some": a reason to look as well.
        while let Ok(signal) = signals.recv().await {
            if signal.topic == TOPIC && signal.account == *account {
                break;
            }
        }
    };
    let look_again = std::time::Duration::from_millis(200);
    tokio::select! {
        () = heard => {}
        () = tokio::time::sleep(look_again) => {}
        () = db.clock().sleep_until(until) => {}
    }
}

async fn refresh(
    accounts: &Accounts,
    account: &AccountId,
    base_url: &BaseUrl,
    row: &Row,
    refresh_token: &SecretString,
) -> Result<()> {
    let answer = accounts.config().oauth.refresh(accounts.http(), base_url, refresh_token).await;
    if let Err(oauth::Error::InvalidGrant) = answer {
        lose(accounts, account, &row.id, row.version, REFUSED).await?;
        return Ok(());
    }
    let mut tx = accounts.db().write(account).await?;
    let result = match answer {
        Ok(tokens) => {
            let sealed = Sealed::new(accounts, account, row.user_id, &tokens)?;
            let update = sql(
                "UPDATE authorizations SET access_token = $2, refresh_token = $3, access_expires_at = $4,
                                     version = version + 1, refreshing_until = NULL
                              WHERE account_id = $1 AND id = $5 AND version = $6",
            );
            let update = update.bind(sealed.access).bind(sealed.refresh).bind(sealed.expires_at);
            tx.execute(update.bind(&row.id).bind(row.version)).await?;
            Ok(())
        }
        Err(error) => {
            // Not known to be lost: give the lease back, whoever called may try again.
            let free = sql("UPDATE authorizations SET refreshing_until = NULL
                            WHERE account_id = $1 AND id = $2 AND version = $3");
            tx.execute(free.bind(&row.id).bind(row.version)).await?;
            Err(error)
        }
    };
    // Whoever waits for us looks now, whatever came of it.
    tx.signal(TOPIC);
    tx.commit().await?;
    result.map_err(Error::OAuth)
}

/// Marks a grant as of no more use, unless it has been renewed meanwhile.
pub(crate) async fn lose(
    accounts: &Accounts,
    account: &AccountId,
    id: &str,
    version: i64,
    reason: &str,
) -> store::Result<()> {
    let mut tx = accounts.db().write(account).await?;
    let now = tx.now();
    let update = sql("UPDATE authorizations SET lost_at = $2, lost_reason = $3, refreshing_until = NULL
                      WHERE account_id = $1 AND id = $4 AND version = $5 AND lost_at IS NULL");
    let changed = tx.execute(update.bind(now).bind(reason).bind(id).bind(version)).await?;
    tx.signal(TOPIC);
    tx.commit().await?;
    if changed == 1 {
        tracing::warn!(%account, reason, "an authorization was lost");
        metrics::counter!("aerie_authorizations_lost_total").increment(1);
    }
    Ok(())
}
