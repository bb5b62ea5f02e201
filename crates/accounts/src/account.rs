//! Accounts, their installations and the copies of the account token.

use secrecy::SecretString;
use store::{AccountId, Db, Result, SystemTx, Time, Tx, sql};

use crate::vault::{hash_secret, new_secret};

/// One Zendesk instance that uses at least one app.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Account {
    pub account_id: AccountId,
    pub subdomain: String,
    pub created_at: Time,
}

/// An app installed in an account.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Installation {
    pub installation_id: i64,
    pub app: String,
    /// Zendesk's id of the app, as it was when an administrator authorised it.
    pub app_id: i64,
    pub initialised_at: Option<Time>,
}

/// The account of a Zendesk subdomain, if it exists yet.
pub async fn find_by_subdomain(tx: &mut SystemTx, subdomain: &str) -> Result<Option<Account>> {
    let query = sql("SELECT account_id, subdomain, created_at FROM accounts WHERE subdomain = $1");
    tx.maybe(query.bind(subdomain)).await
}

/// The account that a token identifies: a webhook's bearer. Every copy of the account token counts.
pub async fn find_by_token(tx: &mut SystemTx, token: &SecretString) -> Result<Option<Account>> {
    let query = sql("SELECT a.account_id, a.subdomain, a.created_at FROM account_tokens t
         JOIN accounts a ON a.account_id = t.account_id WHERE t.hash = $1");
    tx.maybe(query.bind(hash_secret(token))).await
}

/// Every account, in the order in which they came. For the platform's own rounds.
pub async fn all(tx: &mut SystemTx) -> Result<Vec<Account>> {
    tx.all(sql("SELECT account_id, subdomain, created_at FROM accounts ORDER BY created_at, account_id"))
        .await
}

/// The account of this transaction.
pub async fn current(tx: &mut Tx) -> Result<Account> {
    tx.one(sql("SELECT account_id, subdomain, created_at FROM accounts WHERE account_id = $1")).await
}

/// Finds or makes the account of a subdomain and goes on as a transaction of that account.
pub(crate) async fn find_or_create(db: &Db, subdomain: &str) -> Result<Tx> {
    let mut system = db.system_write().await?;
    let id = AccountId::generate(system.now(), system.random());
    // Two administrators may come at the same moment: the second one waits here and finds the first one's account.
    let insert = sql("INSERT INTO accounts (account_id, subdomain, created_at) VALUES ($1, $2, $3)
                      ON CONFLICT (subdomain) DO NOTHING");
    let now = system.now();
    system.execute(insert.bind(&id).bind(subdomain).bind(now)).await?;
    let account = find_by_subdomain(&mut system, subdomain).await?;
    system.into_account(account.map_or(id, |account| account.account_id)).await
}

/// Remembers that an app is installed. An installation's `app_id` never changes by this.
pub(crate) async fn remember_installation(
    tx: &mut Tx,
    installation_id: i64,
    app: &str,
    app_id: i64,
) -> Result<()> {
    let now = tx.now();
    tx.execute(
        sql("INSERT INTO installations (account_id, installation_id, app, app_id, created_at)
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (account_id, installation_id) DO NOTHING")
        .bind(installation_id)
        .bind(app)
        .bind(app_id)
        .bind(now),
    )
    .await?;
    Ok(())
}

pub async fn installation(tx: &mut Tx, installation_id: i64) -> Result<Option<Installation>> {
    let query = sql("SELECT installation_id, app, app_id, initialised_at FROM installations
         WHERE account_id = $1 AND installation_id = $2");
    tx.maybe(query.bind(installation_id)).await
}

/// The installation of an app; the newest one, should Zendesk hold several.
pub async fn installation_of(tx: &mut Tx, app: &str) -> Result<Option<Installation>> {
    let query = sql("SELECT installation_id, app, app_id, initialised_at FROM installations
         WHERE account_id = $1 AND app = $2 ORDER BY created_at DESC, installation_id DESC LIMIT 1");
    tx.maybe(query.bind(app)).await
}

/// The apps installed in this account.
pub async fn installed_apps(tx: &mut Tx) -> Result<Vec<String>> {
    let query = sql("SELECT DISTINCT app FROM installations WHERE account_id = $1 ORDER BY app");
    Ok(tx.all::<(String,)>(query).await?.into_iter().map(|(app,)| app).collect())
}

pub(crate) async fn mark_initialised(tx: &mut Tx, installation_id: i64) -> Result<()> {
    let now = tx.now();
    let query =
        sql("UPDATE installations SET initialised_at = $2 WHERE account_id = $1 AND installation_id = $3");
    tx.execute(query.bind(now).bind(installation_id)).await?;
    Ok(())
}

/// Makes a copy of the account token for one place on Zendesk's side (`installation/7`, `webhook/01H…`). The copy that
/// the place had before stays good until [`retire_older_tokens`], because Zendesk may not have taken the new one yet.
pub async fn issue_token(tx: &mut Tx, place: &str) -> Result<SecretString> {
    let token = new_secret(tx.random());
    let now = tx.now();
    tx.execute(
        sql("INSERT INTO account_tokens (account_id, hash, place, created_at) VALUES ($1, $2, $3, $4)")
            .bind(hash_secret(&token))
            .bind(place)
            .bind(now),
    )
    .await?;
    Ok(token)
}

/// Forgets the copies that a place held before `token`. A copy made after it stays: Zendesk may have taken that one.
pub async fn retire_older_tokens(tx: &mut Tx, place: &str, token: &SecretString) -> Result<()> {
    let query = sql(
        "DELETE FROM account_tokens WHERE account_id = $1 AND place = $2 AND hash <> $3 AND created_at <=
                     (SELECT created_at FROM account_tokens WHERE account_id = $1 AND hash = $3)",
    );
    tx.execute(query.bind(place).bind(hash_secret(token))).await?;
    Ok(())
}

/// Forgets all copies of a place: it never came to be, or is gone.
pub async fn retire_tokens(tx: &mut Tx, place: &str) -> Result<()> {
    let query = sql("DELETE FROM account_tokens WHERE account_id = $1 AND place = $2");
    tx.execute(query.bind(place)).await?;
    Ok(())
}
