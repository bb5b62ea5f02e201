//! Ticket changes: what an app wishes for a ticket, and how several wishes become one.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use zendesk::tickets::TicketPatch;

use crate::error::Error;

/// The value of a custom field: text, number, boolean, list of tags, or null, which empties the field.
pub type FieldValue = serde_json::Value;

/// Zendesk cuts longer tags.
const MAX_TAG: usize = 255;

/// A wish about one ticket. Made with [`TicketChange::on`], written down with [`state`](crate::state).
///
/// ```
/// let change = tickets::TicketChange::on(123).remove_tag("deadline_pending").add_tag("deadline_now");
/// assert_eq!(change.ticket_id(), 123);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TicketChange {
    ticket_id: i64,
    wishes: Wishes,
}

/// What is to become of the ticket; what is not named stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Wishes {
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) add: BTreeSet<String>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) remove: BTreeSet<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) fields: BTreeMap<i64, FieldValue>,
}

impl TicketChange {
    /// A change of this ticket that so far wishes nothing.
    pub fn on(ticket_id: i64) -> Self {
        Self { ticket_id, wishes: Wishes::default() }
    }

    /// The ticket shall have the tag. Of two wishes about one tag the later counts.
    #[must_use]
    pub fn add_tag(mut self, tag: impl Into<String>) -> Self {
        self.wishes.add_tag(tag.into());
        self
    }

    /// The ticket shall not have the tag.
    #[must_use]
    pub fn remove_tag(mut self, tag: impl Into<String>) -> Self {
        self.wishes.remove_tag(tag.into());
        self
    }

    /// The custom field shall have the value; `null` empties it.
    #[must_use]
    pub fn set_field(mut self, field_id: i64, value: impl Into<FieldValue>) -> Self {
        self.wishes.fields.insert(field_id, value.into());
        self
    }

    pub fn ticket_id(&self) -> i64 {
        self.ticket_id
    }

    pub(crate) fn wishes(&self) -> &Wishes {
        &self.wishes
    }

    /// Refuses what Zendesk would refuse or alter silently.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.wishes == Wishes::default() {
            return Err(Error::EmptyChange { ticket_id: self.ticket_id });
        }
        match self.wishes.add.iter().chain(&self.wishes.remove).find(|tag| !is_tag(tag)) {
            Some(tag) => Err(Error::InvalidTag(tag.clone())),
            None => Ok(()),
        }
    }
}

/// Whether Zendesk keeps the text as one tag, unaltered: lower case, no space, none of the characters it drops.
pub fn is_tag(text: &str) -> bool {
    let allowed = |c: char| (c.is_alphanumeric() && !c.is_uppercase()) || "_-:/.".contains(c);
    !text.is_empty() && text.len() <= MAX_TAG && text.chars().all(allowed)
}

impl Wishes {
    fn add_tag(&mut self, tag: String) {
        self.remove.remove(&tag);
        self.add.insert(tag);
    }

    fn remove_tag(&mut self, tag: String) {
        self.add.remove(&tag);
        self.remove.insert(tag);
    }

    /// Goes on to also wish what `later` wishes.
    fn then(&mut self, later: &Wishes) {
        for tag in &later.add {
            self.add_tag(tag.clone());
        }
        for tag in &later.remove {
            self.remove_tag(tag.clone());
        }
        self.fields.extend(later.fields.iter().map(|(id, value)| (*id, value.clone())));
    }

    /// Whether no tag is touched: then the plain update, which answers at once, says it all.
    pub(crate) fn only_fields(&self) -> bool {
        self.add.is_empty() && self.remove.is_empty()
    }

    /// The same in Zendesk's words.
    pub(crate) fn to_patch(&self) -> TicketPatch {
        let mut patch = TicketPatch::default();
        patch.additional_tags.extend(self.add.iter().cloned());
        patch.remove_tags.extend(self.remove.iter().cloned());
        self.fields.iter().fold(patch, |patch, (id, value)| patch.custom_field(*id, value.clone()))
    }
}

/// One change that leaves a ticket as all of `changes` would, one after the other.
///
/// A tag that was added and then removed is still removed: the ticket may have had it before.
pub(crate) fn merge<'a>(changes: impl IntoIterator<Item = &'a Wishes>) -> Wishes {
    let mut merged = Wishes::default();
    for change in changes {
        merged.then(change);
    }
    merged
}

#[cfg(test)]
mod tests {
    use proptest::collection::{btree_map, btree_set, vec};
    use proptest::prelude::*;

    use super::*;

    /// A ticket as far as changes reach.
    #[derive(Debug, Clone, PartialEq)]
    struct Ticket {
        tags: BTreeSet<String>,
        fields: BTreeMap<i64, FieldValue>,
    }

    impl Ticket {
        /// As Zendesk applies one update: additions, then removals, then fields.
        fn apply(&mut self, patch: &TicketPatch) {
            self.tags.extend(patch.additional_tags.iter().cloned());
            self.tags.retain(|tag| !patch.remove_tags.contains(tag));
            self.fields.extend(patch.custom_fields.iter().map(|field| (field.id, field.value.clone())));
        }
    }

    fn change() -> impl Strategy<Value = TicketChange> {
        #[derive(Debug, Clone)]
        enum Step {
            Add(String),
            Remove(String),
            Set(i64, u8),
        }
        let step = prop_oneof![
            "[a-d]".prop_map(Step::Add),
            "[a-d]".prop_map(Step::Remove),
            (1i64..4, any::<u8>()).prop_map(|(id, value)| Step::Set(id, value)),
        ];
        vec(step, 1..6).prop_map(|steps| {
            steps.into_iter().fold(TicketChange::on(1), |change, step| match step {
                Step::Add(tag) => change.add_tag(tag),
                Step::Remove(tag) => change.remove_tag(tag),
                Step::Set(id, value) => change.set_field(id, value),
            })
        })
    }

    fn ticket() -> impl Strategy<Value = Ticket> {
        (btree_set("[a-d]", 0..4), btree_map(1i64..4, any::<u8>().prop_map(FieldValue::from), 0..3))
            .prop_map(|(tags, fields)| Ticket { tags, fields })
    }

    proptest! {
        #[test]
        fn merged_once_is_the_same_as_single_ones_in_order(changes in vec(change(), 0..8), ticket in ticket()) {
            let mut one_by_one = ticket.clone();
            for change in &changes {
                one_by_one.apply(&change.wishes().to_patch());
            }
            let merged = merge(changes.iter().map(TicketChange::wishes)).to_patch();
            let mut at_once = ticket;
            at_once.apply(&merged);
            prop_assert_eq!(&at_once, &one_by_one);
            // Sent twice, because an answer was lost, it still is.
            at_once.apply(&merged);
            prop_assert_eq!(at_once, one_by_one);
        }

        #[test]
        fn merging_merged_ones_is_the_same(changes in vec(change(), 0..8), at in 0usize..8) {
            let wishes: Vec<_> = changes.iter().map(|change| change.wishes().clone()).collect();
            let (first, second) = wishes.split_at(at.min(wishes.len()));
            prop_assert_eq!(merge([&merge(first), &merge(second)]), merge(&wishes));
        }

        #[test]
        fn what_was_stored_is_read_back(change in change()) {
            let text = serde_json::to_string(change.wishes()).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Wishes>(&text).unwrap(), change.wishes());
        }
    }

    #[test]
    fn tags_are_checked() {
        for tag in ["deadline_now", "a-b", "vip:gold", "größe", "v1.2", "a/b", "日本"] {
            assert!(is_tag(tag), "{tag}");
        }
        for tag in ["", "two words", "Upper", "a,b", "tab\t", "a\"b", &"x".repeat(256)] {
            assert!(!is_tag(tag), "{tag}");
        }
        let change = TicketChange::on(7).add_tag("fine").remove_tag("Not fine");
        assert!(matches!(change.check(), Err(Error::InvalidTag(tag)) if tag == "Not fine"));
        assert!(matches!(TicketChange::on(7).check(), Err(Error::EmptyChange { ticket_id: 7 })));
    }
}
