//! What Zendesk's answers about a change mean.

use std::time::Duration;

use zendesk::Error;
use zendesk::job_statuses::JobResult;

use crate::activity::Verdict;

/// What to do about a change that was not made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Objection {
    /// Nobody may send until an administrator authorises: the work is parked.
    Park(String),
    /// Too many calls; after this time if Zendesk named one.
    TooMany(Option<Duration>),
    /// It may work later. `maybe_done`: it may have worked already.
    Later { maybe_done: bool },
    /// Never, whatever is sent to this ticket.
    Ticket(Refusal),
    /// Never, because of what was sent: parts of it may be fine.
    Content(Refusal),
    /// Zendesk says no more than that it did not work.
    Unclear(Refusal),
}

/// Why Zendesk refused for good. Its own sentence is not used: it may quote what a customer wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    code: &'static str,
    sentence: String,
}

impl Refusal {
    pub(crate) fn new(code: &'static str, sentence: impl Into<String>) -> Self {
        Self { code, sentence: sentence.into() }
    }

    pub(crate) fn verdict(self) -> Verdict {
        Verdict::refused(self.code, self.sentence)
    }

    pub(crate) fn not_declared(app: &str) -> Self {
        Self::new("not_declared", format!("The app {app} did not declare that it updates tickets."))
    }

    pub(crate) fn unconfirmed() -> Self {
        Self::new("unconfirmed", "Zendesk took the change but never confirmed it.")
    }

    fn closed() -> Self {
        Self::new("closed", "Zendesk refused the change: the ticket is closed.")
    }

    fn not_found() -> Self {
        Self::new("not_found", "Zendesk refused the change: the ticket does not exist any more.")
    }

    fn not_allowed() -> Self {
        Self::new(
            "not_allowed",
            "Zendesk refused the change: the administrator who authorised may not change this ticket.",
        )
    }

    fn invalid(code: &str) -> Self {
        Self::new("invalid", format!("Zendesk refused the change: it is not valid{}.", in_brackets(code)))
    }
}

/// Zendesk's word for it, if it is a word.
fn in_brackets(code: &str) -> String {
    let word =
        !code.is_empty() && code.len() <= 64 && code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if word { format!(" ({code})") } else { String::new() }
}

/// What an error means that answered a whole call.
pub(crate) fn of_call(error: &Error) -> Objection {
    match error {
        Error::Unauthorized | Error::Forbidden { .. } => Objection::Park(error.to_string()),
        Error::TooManyRequests { retry_after } => Objection::TooMany(*retry_after),
        Error::NotFound => Objection::Ticket(Refusal::not_found()),
        Error::Unprocessable { code, details } => {
            if details.iter().any(|detail| speaks_of_closed(&detail.description)) {
                Objection::Ticket(Refusal::closed())
            } else {
                Objection::Content(Refusal::invalid(code))
            }
        }
        Error::TooLarge => Objection::Content(Refusal::invalid("TooLarge")),
        Error::Refused { code, .. } => Objection::Content(Refusal::invalid(code)),
        Error::NotDeclared { .. } | Error::BadCall(_) => Objection::Content(Refusal::new(
            "defect",
            "The change could not be sent: a defect of this server.",
        )),
        Error::Conflict { .. }
        | Error::Server { .. }
        | Error::Network { .. }
        | Error::Timeout { .. }
        | Error::Decode { .. } => Objection::Later { maybe_done: error.may_have_been_done() },
    }
}

/// What the result for one ticket of a bulk job means that is no success.
///
/// Zendesk documents neither the words nor the sentences; they are recognised by what they have in common.
pub(crate) fn of_result(result: &JobResult) -> Objection {
    let code = result.error.as_deref().unwrap_or_default();
    let details = result.details.as_deref().unwrap_or_default();
    let text = format!("{code} {details} {}", result.status.as_deref().unwrap_or_default()).to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if speaks_of_closed(&text) {
        Objection::Ticket(Refusal::closed())
    } else if says(&["notfound", "not found", "deleted"]) {
        Objection::Ticket(Refusal::not_found())
    } else if says(&["toomany", "too many", "ratelimit", "rate limit"]) {
        Objection::TooMany(None)
    } else if says(&["conflict", "locked", "timeout", "timed out", "unavailable", "try again"]) {
        Objection::Later { maybe_done: false }
    } else if says(&["permission", "forbidden", "access", "not allowed"]) {
        Objection::Ticket(Refusal::not_allowed())
    } else if says(&["invalid"]) {
        Objection::Content(Refusal::invalid(code))
    } else {
        Objection::Unclear(Refusal::new(
            "unknown",
            format!("Zendesk refused the change{}.", in_brackets(code)),
        ))
    }
}

fn speaks_of_closed(text: &str) -> bool {
    text.to_lowercase().contains("closed")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(error: &str, details: &str) -> JobResult {
        let json = serde_json::json!({"id": 1, "success": false, "status": "Failed", "error": error, "details": details});
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn results_are_understood() {
        let closed = Objection::Ticket(Refusal::closed());
        assert_eq!(of_result(&result("TicketUpdate", "Status: closed prevents ticket update")), closed);
        assert_eq!(of_result(&result("RecordNotFound", "")), Objection::Ticket(Refusal::not_found()));
        assert_eq!(of_result(&result("PermissionDenied", "")), Objection::Ticket(Refusal::not_allowed()));
        assert_eq!(of_result(&result("TooManyTicketUpdates", "")), Objection::TooMany(None));
        assert_eq!(of_result(&result("DatabaseConflict", "")), Objection::Later { maybe_done: false });
        assert_eq!(
            of_result(&result("RecordInvalid", "")),
            Objection::Content(Refusal::invalid("RecordInvalid"))
        );
        assert!(matches!(of_result(&result("Oops", "x")), Objection::Unclear(_)));
    }

    #[test]
    fn sentences_never_quote_zendesk() {
        let secret = "ann@example.com said: access";
        for error in [secret, "RecordInvalid", ""] {
            for details in [secret, "invalid ann@example.com", "closed ann@example.com"] {
                let objection = format!("{:?}", of_result(&result(error, details)));
                assert!(!objection.contains("ann@"), "{objection}");
            }
        }
    }
}
