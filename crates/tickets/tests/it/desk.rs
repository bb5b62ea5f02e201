//! A Zendesk with tickets, bulk jobs and a memory of every call, that fails on demand.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::watch;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Ticket {
    pub(crate) tags: BTreeSet<String>,
    pub(crate) fields: BTreeMap<i64, Value>,
    pub(crate) closed: bool,
    pub(crate) subject: String,
    pub(crate) group_id: Option<i64>,
    pub(crate) assignee_id: Option<i64>,
    /// Tags after each update, in order.
    pub(crate) seen: Vec<BTreeSet<String>>,
}

#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// This answer instead of doing anything.
    Status(u16, Option<u32>),
    /// Does it, then answers 502.
    LostAnswer,
    /// Does it, and answers after this long.
    Slow(Duration),
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) tickets: BTreeMap<i64, Ticket>,
    /// `PUT /api/v2/tickets/update_many`, in order, with the body.
    pub(crate) calls: Vec<(String, Value)>,
    /// For the next calls whose name begins so.
    pub(crate) faults: VecDeque<(&'static str, Fault)>,
    /// What the next results of a ticket say instead of success.
    pub(crate) objections: HashMap<i64, VecDeque<(&'static str, &'static str)>>,
    /// A field that Zendesk does not take.
    pub(crate) bad_field: Option<i64>,
    /// How often a bulk job is looked at before it has ended.
    pub(crate) looks_needed: usize,
    pub(crate) forget_jobs: bool,
    /// `(agent, body)` of each notification.
    pub(crate) notified: Vec<(Option<i64>, Value)>,
    jobs: BTreeMap<String, (usize, Vec<Value>)>,
}

/// Calls of the grant with which every account begins.
const GRANT: usize = 4;

pub(crate) struct Desk {
    server: MockServer,
    state: Arc<Mutex<State>>,
    calls: watch::Receiver<usize>,
}

struct Answer(Arc<Mutex<State>>, watch::Sender<usize>);

impl Desk {
    pub(crate) async fn start() -> Self {
        let server = MockServer::start().await;
        let state = Arc::new(Mutex::new(State::default()));
        let (sender, calls) = watch::channel(0);
        Mock::given(any()).respond_with(Answer(state.clone(), sender)).mount(&server).await;
        Self { server, state, calls }
    }

    pub(crate) fn url(&self) -> String {
        self.server.uri()
    }

    pub(crate) fn with<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.state.lock().unwrap())
    }

    pub(crate) fn tickets(&self, ids: impl IntoIterator<Item = i64>) {
        self.with(|state| state.tickets.extend(ids.into_iter().map(|id| (id, Ticket::default()))));
    }

    pub(crate) fn fault(&self, call: &'static str, fault: Fault) {
        self.with(|state| state.faults.push_back((call, fault)));
    }

    pub(crate) fn ticket(&self, id: i64) -> Ticket {
        self.with(|state| state.tickets[&id].clone())
    }

    pub(crate) fn tags(&self, id: i64) -> Vec<String> {
        self.ticket(id).tags.into_iter().collect()
    }

    /// How many calls whose name begins so.
    pub(crate) fn count(&self, call: &str) -> usize {
        self.with(|state| state.calls.iter().filter(|(name, _)| name.starts_with(call)).count())
    }

    /// Until so many calls of any kind have arrived.
    pub(crate) async fn called(&self, times: usize) {
        let mut calls = self.calls.clone();
        let times = times + GRANT;
        tokio::time::timeout(Duration::from_secs(20), calls.wait_for(|n| *n >= times))
            .await
            .unwrap()
            .unwrap();
    }
}

impl Respond for Answer {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let mut state = self.0.lock().unwrap();
        let path = request.url.path().trim_end_matches(".json").to_owned();
        let name = format!("{} {path}", request.method);
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        state.calls.push((name.clone(), body.clone()));
        self.1.send_modify(|calls| *calls += 1);
        let fault = match state.faults.front() {
            Some((call, _)) if name.starts_with(call) => state.faults.pop_front().map(|(_, fault)| fault),
            _ => None,
        };
        if let Some(Fault::Status(status, retry_after)) = fault {
            let answer = ResponseTemplate::new(status).set_body_json(json!({"error": "Fault"}));
            return match retry_after {
                Some(seconds) => answer.insert_header("retry-after", seconds.to_string()),
                None => answer,
            };
        }
        let query: HashMap<String, String> = request.url.query_pairs().into_owned().collect();
        let ids = query.get("ids").map(String::as_str).unwrap_or_default();
        let answer = state.answer(&name, ids, &body);
        match fault {
            Some(Fault::LostAnswer) => ResponseTemplate::new(502),
            Some(Fault::Slow(delay)) => answer.set_delay(delay),
            _ => answer,
        }
    }
}

impl State {
    fn answer(&mut self, name: &str, ids: &str, body: &Value) -> ResponseTemplate {
        let ids: Vec<&str> = ids.split(',').filter(|id| !id.is_empty()).collect();
        let ok = |body: Value| ResponseTemplate::new(200).set_body_json(body);
        match name {
            "PUT /api/v2/tickets/update_many" => {
                let changes: Vec<(i64, Value)> = if ids.is_empty() {
                    let each = body["tickets"].as_array().unwrap();
                    each.iter().map(|change| (change["id"].as_i64().unwrap(), change.clone())).collect()
                } else {
                    ids.iter().map(|id| (id.parse().unwrap(), body["ticket"].clone())).collect()
                };
                assert!((1..=100).contains(&changes.len()), "{} tickets in one call", changes.len());
                let results = changes.iter().map(|(id, change)| self.update(*id, change)).collect();
                let id = format!("V3-{:032x}", self.jobs.len() + 1);
                self.jobs.insert(id.clone(), (self.looks_needed, results));
                ok(
                    json!({"job_status": {"id": id, "status": "queued", "total": changes.len(), "results": null}}),
                )
            }
            "GET /api/v2/job_statuses/show_many" => {
                let forget = self.forget_jobs;
                let known = ids.iter().filter(|_| !forget).filter_map(|id| {
                    let (looks, results) = self.jobs.get_mut(*id)?;
                    if *looks > 0 {
                        *looks -= 1;
                        return Some(json!({"id": id, "status": "working", "results": null}));
                    }
                    Some(json!({"id": id, "status": "completed", "results": results}))
                });
                ok(json!({"job_statuses": known.collect::<Vec<_>>()}))
            }
            "GET /api/v2/tickets/show_many" => {
                let shown = ids.iter().filter_map(|id| {
                    let id: i64 = id.parse().unwrap();
                    let ticket = self.tickets.get(&id)?;
                    let status = if ticket.closed { "closed" } else { "open" };
                    let fields: Vec<Value> =
                        ticket.fields.iter().map(|(id, value)| json!({"id": id, "value": value})).collect();
                    Some(json!({"id": id, "status": status, "subject": ticket.subject, "group_id": ticket.group_id,
                        "assignee_id": ticket.assignee_id, "tags": ticket.tags, "custom_fields": fields}))
                });
                ok(json!({"tickets": shown.collect::<Vec<_>>()}))
            }
            "GET /api/v2/users/show_many" => {
                let user =
                    |id: &&str| json!({"id": id.parse::<i64>().unwrap(), "name": format!("User {id}")});
                ok(json!({"users": ids.iter().map(user).collect::<Vec<_>>()}))
            }
            "POST /oauth/tokens" => ok(
                json!({"access_token": "a", "refresh_token": "r", "token_type": "bearer", "scope": "read write"}),
            ),
            "GET /api/v2/users/me" => {
                ok(json!({"user": {"id": 1, "name": "Ada Admin", "role": "admin", "active": true}}))
            }
            "GET /api/v2/users/1/group_memberships" => ok(json!({"group_memberships": []})),
            "GET /api/v2/apps/installations/7" => ok(json!({"id": 7, "app_id": 70, "settings": {}})),
            "POST /api/v2/apps/notify" => {
                let text = body["body"].as_str().unwrap();
                self.notified.push((body["agent_id"].as_i64(), serde_json::from_str(text).unwrap()));
                ok(json!({}))
            }
            _ if name.starts_with("PUT /api/v2/tickets/") => {
                let id: i64 = name.rsplit('/').next().unwrap().parse().unwrap();
                let result = self.update(id, &body["ticket"]);
                match result["success"].as_bool() {
                    Some(true) => ok(json!({"ticket": {"id": id}})),
                    _ => ResponseTemplate::new(422).set_body_json(json!({"error": result["error"],
                        "details": {"base": [{"description": result["details"], "error": "InvalidValue"}]}})),
                }
            }
            _ => ResponseTemplate::new(404).set_body_json(json!({"error": "RecordNotFound"})),
        }
    }

    fn update(&mut self, id: i64, change: &Value) -> Value {
        let failed = |error: &str, details: &str| json!({"id": id, "action": "update", "success": false, "status": "Failed", "error": error, "details": details});
        if let Some((error, details)) = self.objections.get_mut(&id).and_then(VecDeque::pop_front) {
            return failed(error, details);
        }
        let Some(ticket) = self.tickets.get_mut(&id) else { return failed("RecordNotFound", "Not found") };
        if ticket.closed {
            return failed("TicketUpdate", "Status: closed prevents ticket update");
        }
        let list = |name: &str| change[name].as_array().cloned().unwrap_or_default();
        let fields = list("custom_fields");
        if fields.iter().any(|field| field["id"].as_i64() == self.bad_field && self.bad_field.is_some()) {
            return failed("RecordInvalid", "Record validation errors");
        }
        ticket.tags.extend(list("additional_tags").iter().map(|tag| tag.as_str().unwrap().to_owned()));
        for tag in list("remove_tags") {
            ticket.tags.remove(tag.as_str().unwrap());
        }
        ticket
            .fields
            .extend(fields.iter().map(|field| (field["id"].as_i64().unwrap(), field["value"].clone())));
        ticket.seen.push(ticket.tags.clone());
        json!({"id": id, "action": "update", "success": true, "status": "Updated"})
    }
}
