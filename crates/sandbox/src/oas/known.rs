//! Where the description itself is wrong, and how we know.

/// Method (`*` for any), path (prefix with `*` at the end), place (suffix with `*` in front), reason.
const FAULTS: &[(&str, &str, &str, &str)] = &[
    (
        "*",
        "*",
        "*custom_fields[].value",
        "described as text, but a checkbox is a boolean and a multi-select a list in every real answer",
    ),
    ("PUT", "/api/v2/tickets/{ticket_id}", "audit.events[].value", "tags are a list in real audits"),
    (
        "*",
        "/api/v2/job_statuses*",
        "*results",
        "described without null, but null until the job has begun, as its own example shows",
    ),
    (
        "GET",
        "/api/v2/job_statuses*",
        "*results[].id",
        "only results of records that are there are described: a creation that was refused has no id",
    ),
    ("PUT", "/api/v2/tickets/update_many", "job_status.results", "null until the job has begun"),
    (
        "GET",
        "/api/v2/tickets/{ticket_id}/macros/{macro_id}/apply",
        "result.ticket.fields",
        "described as one field, but the answer has the whole ticket, whose fields are a list",
    ),
    (
        "POST",
        "/api/v2/tickets/{ticket_id}/satisfaction_rating",
        "satisfaction_rating",
        "described as a list, but one rating is made and answered",
    ),
    (
        "GET",
        "/api/v2/satisfaction_ratings/{satisfaction_rating_id}",
        "satisfaction_rating",
        "described as a list, but one rating is asked for and answered",
    ),
    (
        "GET",
        "/api/v2/satisfaction_reasons/{satisfaction_reason_id}",
        "reason",
        "described as a list, but one reason is asked for and answered",
    ),
    (
        "*",
        "/api/v2/automations*",
        "*actions[].value",
        "described as text, but who is notified comes with subject and body, as a list, as in triggers",
    ),
];

/// Whether a difference is the description's fault.
pub(super) fn is_fault(method: &str, path: &str, at: &str) -> bool {
    FAULTS.iter().any(|(m, p, a, _reason)| {
        let path_fits = p.strip_suffix('*').map_or(*p == path, |prefix| path.starts_with(prefix));
        let at_fits = a.strip_prefix('*').map_or(*a == at, |suffix| at.ends_with(suffix));
        (*m == "*" || *m == method) && path_fits && at_fits
    })
}
