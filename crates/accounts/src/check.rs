//! The daily look at an account's authorization: a lost one is noticed before work fails for it.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use store::Tx;
use zendesk::AccessList;

use crate::budget::Urgency;
use crate::error::Error;
use crate::gateway::Accounts;

const EVERY: SignedDuration = SignedDuration::from_hours(24);
/// There is one for each account.
const KEY: &str = "daily";

/// Asks Zendesk whether whoever authorised still is an administrator. If not, the next administrator's grant is used; with
/// none left the check is parked like all other work, and goes on after the next grant.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CheckAuthorization {}

impl jobs::Job for CheckAuthorization {
    const NAME: &'static str = "accounts.check_authorization";
    // Trouble at Zendesk must not end the checks: it is tried at least once an hour until Zendesk answers.
    const POLICY: jobs::Policy = jobs::Policy::DEFAULT.max_attempts(u32::MAX);
}

/// Plans the next check instead of the one that was planned.
pub(crate) async fn schedule(tx: &mut Tx) -> store::Result<()> {
    let at = tx.now().plus(EVERY);
    jobs::schedule(tx, KEY, &CheckAuthorization {}, at).await
}

pub(crate) async fn run(
    accounts: Accounts,
    batch: jobs::Batch<CheckAuthorization>,
) -> Result<(), jobs::Failure> {
    let check = |client: zendesk::Client| async move {
        let me = client.users().me().await?;
        // As Zendesk would answer to what only an administrator may do.
        let refusal = zendesk::Error::Forbidden { missing_scopes: Vec::new() };
        if me.is_active_admin() { Ok(()) } else { Err(refusal) }
    };
    accounts.call(batch.account(), &AccessList::none(), Urgency::Background, check).await?;
    let (mut tx, _) = batch.begin().await.map_err(Error::from)?;
    // Work that was parked in the very moment of a grant has missed its being let go.
    jobs::unpark(&mut tx, None).await.map_err(Error::from)?;
    schedule(&mut tx).await.map_err(Error::from)?;
    tx.commit().await.map_err(Error::from)?;
    Ok(())
}
