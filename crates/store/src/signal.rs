use serde::{Deserialize, Serialize};
use tokio::sync::broadcast;

use crate::AccountId;

/// Something that was just committed and that others may wait for: a topic of an account, without content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signal {
    pub account: AccountId,
    /// `app/thing/id`, such as `deadline/ticket/123`. Says where to look, never what is there.
    pub topic: String,
}

/// The signals of all nodes, as they are committed. A slow listener misses the oldest ones, so what it hears is a reason
/// to look, not a record.
#[derive(Debug, Clone)]
pub struct Signals(pub(crate) broadcast::Sender<Signal>);

impl Signals {
    pub(crate) fn new() -> Self {
        Self(broadcast::Sender::new(4096))
    }

    pub fn subscribe(&self) -> broadcast::Receiver<Signal> {
        self.0.subscribe()
    }

    pub(crate) fn publish(&self, signals: Vec<Signal>) {
        for signal in signals {
            // Nobody listening is no error.
            let _ = self.0.send(signal);
        }
    }
}
