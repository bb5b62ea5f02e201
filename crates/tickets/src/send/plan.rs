//! Which calls to make: as few as Zendesk's limits allow.

use std::collections::BTreeMap;

use store::Time;
use zendesk::MAX_IDS;

use crate::change::Wishes;

/// One stated change, on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stated {
    pub(crate) id: i64,
    pub(crate) activity_id: i64,
    pub(crate) stated_at: Time,
}

/// What one ticket is to be sent: its changes, merged.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Work {
    pub(crate) ticket_id: i64,
    /// In the order in which they were stated; at least one.
    pub(crate) changes: Vec<Stated>,
    pub(crate) wishes: Wishes,
    /// How often it was tried.
    pub(crate) attempts: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// The plain update of one ticket, which answers at once. It cannot add and remove tags without naming all of them.
    Plain,
    /// One change for many tickets.
    Same,
    /// A change for each ticket.
    Each,
}

/// One call to make.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Call {
    pub(crate) form: Form,
    /// 1 to 100.
    pub(crate) works: Vec<Work>,
}

impl Call {
    /// In two, to find out which tickets Zendesk objects to.
    pub(crate) fn halves(mut self) -> [Self; 2] {
        let second = self.works.split_off(self.works.len() / 2);
        [Self { form: self.form, works: self.works }, Self { form: self.form, works: second }]
    }
}

/// The fewest calls: hundreds of identical changes go as one change for many, the rest side by side.
pub(crate) fn calls(works: Vec<Work>) -> Vec<Call> {
    if let [work] = &works[..]
        && work.wishes.only_fields()
    {
        return vec![Call { form: Form::Plain, works }];
    }
    let mut alike: BTreeMap<String, Vec<Work>> = BTreeMap::new();
    for work in works {
        // Text that serde_json made of the same value is the same text. It cannot fail for these types.
        let key = serde_json::to_string(&work.wishes).unwrap_or_default();
        alike.entry(key).or_default().push(work);
    }
    let mut calls = Vec::new();
    let mut rests = Vec::new();
    for mut works in alike.into_values() {
        while works.len() >= MAX_IDS {
            let rest = works.split_off(MAX_IDS);
            calls.push(Call { form: Form::Same, works });
            works = rest;
        }
        if !works.is_empty() {
            rests.push(works);
        }
    }
    let form = if rests.len() == 1 { Form::Same } else { Form::Each };
    let mut rest: Vec<Work> = rests.into_iter().flatten().collect();
    rest.sort_by_key(oldest);
    while !rest.is_empty() {
        let next = rest.split_off(rest.len().min(MAX_IDS));
        calls.push(Call { form, works: rest });
        rest = next;
    }
    // What has waited longest goes first.
    calls.sort_by_key(|call| call.works.iter().map(oldest).min());
    calls
}

fn oldest(work: &Work) -> Option<i64> {
    work.changes.first().map(|change| change.id)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::TicketChange;

    fn work(ticket_id: i64, wish: TicketChange) -> Work {
        let change = Stated { id: ticket_id, activity_id: 0, stated_at: Time::from_micros(0).unwrap() };
        Work { ticket_id, changes: vec![change], wishes: wish.wishes().clone(), attempts: 0 }
    }

    fn tagged(ticket_id: i64, tag: &str) -> Work {
        work(ticket_id, TicketChange::on(ticket_id).add_tag(tag))
    }

    #[test]
    fn a_thousand_alike_are_ten_calls() {
        let calls = calls((1..=1000).map(|id| tagged(id, "late")).collect());
        assert_eq!(calls.len(), 10);
        assert!(calls.iter().all(|call| call.form == Form::Same && call.works.len() == 100));
    }

    #[test]
    fn one_ticket_is_one_update() {
        assert_eq!(calls(vec![tagged(1, "a")])[0].form, Form::Same);
        let field = work(1, TicketChange::on(1).set_field(7, "x"));
        assert_eq!(calls(vec![field.clone()])[0].form, Form::Plain);
        assert_eq!(calls(vec![field.clone(), Work { ticket_id: 2, ..field }])[0].form, Form::Same);
        assert!(calls(Vec::new()).is_empty());
    }

    proptest! {
        #[test]
        fn every_ticket_once_in_the_fewest_calls(tags in prop::collection::vec("[a-e]", 1..400)) {
            let works: Vec<Work> = tags.iter().zip(1..).map(|(tag, id)| tagged(id, tag)).collect();
            let calls = calls(works.clone());
            prop_assert_eq!(calls.len(), works.len().div_ceil(100));
            prop_assert!(calls.iter().all(|call| (1..=100).contains(&call.works.len())));
            for call in &calls {
                let same = call.works.iter().all(|work| work.wishes == call.works[0].wishes);
                prop_assert!(call.form == Form::Each || same);
            }
            let mut sent: Vec<Work> = calls.into_iter().flat_map(|call| call.works).collect();
            sent.sort_by_key(|work| work.ticket_id);
            prop_assert_eq!(sent, works);
        }
    }
}
