use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;

use crate::run::Run;
use crate::{Batch, Failure, Job, Policy};

type Handler = dyn Fn(Arc<Run>) -> BoxFuture<'static, Result<(), Failure>> + Send + Sync;

/// Who handles which jobs.
#[derive(Debug, Default)]
pub struct Registry {
    entries: BTreeMap<&'static str, Arc<Entry>>,
}

pub(crate) struct Entry {
    pub(crate) name: &'static str,
    pub(crate) policy: Policy,
    pub(crate) handler: Box<Handler>,
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("name", &self.name)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

impl Registry {
    pub fn new() -> Self {
        Self::default()
    }

    /// Jobs `J` go to `handler`, in batches of one account as large as `J::POLICY` allows.
    ///
    /// `Ok` completes what was neither completed by [`Batch::begin`] nor settled otherwise; an error or a panic settles it
    /// as the [`Failure`] says.
    ///
    /// # Panics
    /// Where `J::NAME` has a handler already: one of the two would never run.
    #[must_use]
    pub fn handle<J, F, Fut>(mut self, handler: F) -> Self
    where
        J: Job,
        F: Fn(Batch<J>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), Failure>> + Send + 'static,
    {
        let handler = Box::new(move |run| match Batch::<J>::read(run) {
            Some(batch) => handler(batch).boxed(),
            None => std::future::ready(Ok(())).boxed(),
        });
        let entry = Arc::new(Entry { name: J::NAME, policy: J::POLICY, handler });
        assert!(self.entries.insert(J::NAME, entry).is_none(), "two handlers for the job {}", J::NAME);
        self
    }

    /// The names that have a handler.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.entries.keys().copied()
    }

    pub(crate) fn get(&self, name: &str) -> Option<Arc<Entry>> {
        self.entries.get(name).cloned()
    }
}
