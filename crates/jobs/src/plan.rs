//! Which of the due jobs to take now: pure, so that fairness can be tested without a database.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use store::AccountId;

use crate::claim::Due;
use crate::registry::Entry;

/// A batch to take: jobs of one account and one name.
pub(crate) struct Planned {
    pub(crate) account: AccountId,
    pub(crate) entry: Arc<Entry>,
    pub(crate) ids: Vec<i64>,
    /// The greatest fence among them.
    pub(crate) fence: i64,
}

/// What is free.
pub(crate) struct Room<'a> {
    /// Handlers that may be started.
    pub(crate) free: usize,
    /// Handlers that may run per account.
    pub(crate) per_account: usize,
    /// Handlers that run, by account.
    pub(crate) running: &'a HashMap<AccountId, usize>,
}

/// Takes batches out of `due` (earliest first): each free place goes to the account with the fewest handlers, among those
/// to the one that waits longest.
///
/// `complete` is false where more may be due than is seen here: then the begun last batch of a kind is left until it is
/// fuller, if an earlier one of that kind can go.
pub(crate) fn plan(due: &mut Vec<(Arc<Entry>, Due)>, room: &Room<'_>, complete: bool) -> Vec<Planned> {
    let mut accounts: Vec<Waiting> = Vec::new();
    let mut index: HashMap<AccountId, usize> = HashMap::new();
    for (entry, job) in due.iter() {
        let at = *index.entry(job.account_id.clone()).or_insert_with(|| {
            let handlers = room.running.get(&job.account_id).copied().unwrap_or(0);
            accounts.push(Waiting { handlers, batches: Vec::new(), next: 0 });
            accounts.len() - 1
        });
        accounts[at].add(entry, job);
    }
    if !complete {
        accounts.iter_mut().for_each(Waiting::leave_begun_batches);
    }
    let mut planned = Vec::new();
    while planned.len() < room.free {
        let candidates = accounts.iter_mut().filter(|account| account.may_go(room.per_account));
        let Some(account) = candidates.min_by_key(|account| account.handlers) else { break };
        account.handlers += 1;
        if let Some(batch) = account.batches.get_mut(account.next).and_then(Option::take) {
            planned.push(batch);
        }
        account.next += 1;
    }
    let taken: HashSet<i64> = planned.iter().flat_map(|batch| batch.ids.iter().copied()).collect();
    due.retain(|(_, job)| !taken.contains(&job.id));
    planned
}

struct Waiting {
    handlers: usize,
    /// In the order of their earliest job; taken ones leave a hole.
    batches: Vec<Option<Planned>>,
    next: usize,
}

impl Waiting {
    fn add(&mut self, entry: &Arc<Entry>, job: &Due) {
        let last = self.batches.iter_mut().rev().flatten().find(|batch| Arc::ptr_eq(&batch.entry, entry));
        match last {
            Some(batch) if batch.ids.len() < entry.policy.batch.max(1) => {
                batch.ids.push(job.id);
                batch.fence = batch.fence.max(job.fence);
            }
            _ => {
                self.batches.push(Some(Planned {
                    account: job.account_id.clone(),
                    entry: entry.clone(),
                    ids: vec![job.id],
                    fence: job.fence,
                }));
            }
        }
    }

    fn leave_begun_batches(&mut self) {
        let mut seen: Vec<&'static str> = Vec::new();
        self.batches.retain(|batch| {
            let Some(batch) = batch else { return false };
            let first = !seen.contains(&batch.entry.name);
            seen.push(batch.entry.name);
            first || batch.ids.len() >= batch.entry.policy.batch
        });
    }

    fn may_go(&self, per_account: usize) -> bool {
        self.handlers < per_account && self.next < self.batches.len()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use store::{SeededRandom, Time};

    use super::*;
    use crate::{Job, Policy, Registry};

    #[derive(serde::Serialize, serde::Deserialize)]
    struct Single;
    impl Job for Single {
        const NAME: &'static str = "test.single";
    }

    #[derive(serde::Serialize, serde::Deserialize)]
    struct Bulk;
    impl Job for Bulk {
        const NAME: &'static str = "test.bulk";
        const POLICY: Policy = Policy::DEFAULT.batch(10);
    }

    fn registry() -> Registry {
        Registry::new()
            .handle(|_: crate::Batch<Single>| async { Ok(()) })
            .handle(|_: crate::Batch<Bulk>| async { Ok(()) })
    }

    fn accounts(count: u64) -> Vec<AccountId> {
        let now = Time::from_micros(0).unwrap();
        (0..count).map(|seed| AccountId::generate(now, &SeededRandom::new(seed))).collect()
    }

    proptest! {
        /// No limit is passed, no job is planned twice or beside its kind, and nobody is left out while another takes two.
        #[test]
        fn is_fair_and_keeps_the_limits(
            jobs in prop::collection::vec((0usize..6, any::<bool>()), 0..200),
            busy in prop::collection::vec(0usize..4, 6),
            free in 0usize..12,
            per_account in 1usize..5,
            complete: bool,
        ) {
            let (registry, accounts) = (registry(), accounts(6));
            let running: HashMap<_, _> =
                accounts.iter().cloned().zip(busy.iter().map(|busy| *busy.min(&per_account))).collect();
            let mut due: Vec<_> = jobs.iter().enumerate().map(|(id, (account, bulk))| {
                let name = if *bulk { Bulk::NAME } else { Single::NAME };
                let account_id = accounts[*account].clone();
                (registry.get(name).unwrap(), Due { id: id as i64, account_id, name: name.into(), fence: 0 })
            }).collect();
            let planned = plan(&mut due, &Room { free, per_account, running: &running }, complete);

            prop_assert!(planned.len() <= free);
            let mut handlers = running.clone();
            let mut ids = std::collections::BTreeSet::new();
            for batch in &planned {
                *handlers.get_mut(&batch.account).unwrap() += 1;
                prop_assert!(batch.ids.len() <= batch.entry.policy.batch);
                for id in &batch.ids {
                    prop_assert!(ids.insert(*id));
                    let (account, bulk) = jobs[*id as usize];
                    prop_assert_eq!(&accounts[account], &batch.account);
                    prop_assert_eq!(batch.entry.name, if bulk { Bulk::NAME } else { Single::NAME });
                }
            }
            for (account, count) in &handlers {
                let taken = count - running[account];
                prop_assert!(taken == 0 || *count <= per_account);
                // Whoever waits with nothing taken had no fewer handlers than those who took got to.
                let waits = jobs.iter().any(|(index, _)| &accounts[*index] == account) && taken == 0;
                if waits && running[account] < per_account {
                    prop_assert_eq!(planned.len(), free);
                    for (other, others) in &handlers {
                        prop_assert!(*others <= running[account] + 1 || *others == running[other]);
                    }
                }
            }
            prop_assert_eq!(due.len(), jobs.len() - ids.len());
            prop_assert!(due.iter().all(|(_, job)| !ids.contains(&job.id)));
            prop_assert!(due.is_sorted_by_key(|(_, job)| job.id), "what is left keeps its order");
        }
    }
}
