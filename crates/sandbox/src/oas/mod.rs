//! Answers against Zendesk's OpenAPI description: of use to every suite that talks to a Zendesk, real or not.

mod known;
mod layer;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use http::Method;
use serde::Serialize;
use serde_json::{Map, Value};

pub(crate) use layer::watched;

/// A loaded description.
#[derive(Debug)]
pub struct Oas {
    document: Value,
    routes: Vec<Route>,
}

#[derive(Debug)]
struct Route {
    template: String,
    /// `None` for a parameter.
    segments: Vec<Option<String>>,
    /// By method in lower case: the schemas by status.
    answers: BTreeMap<String, Map<String, Value>>,
}

/// Why a description could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// No such file, or not readable.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// Not JSON.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

/// A place where an answer is not what the description says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Violation {
    /// e.g. `GET`.
    pub method: String,
    /// The path as the description writes it, e.g. `/api/v2/tickets/{ticket_id}`.
    pub path: String,
    pub status: u16,
    /// Where in the answer, e.g. `ticket.tags[]`; empty for the whole.
    pub at: String,
    pub problem: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {} at {:?}: {}", self.method, self.path, self.status, self.at, self.problem)
    }
}

impl Oas {
    /// Reads the description.
    ///
    /// # Errors
    /// When it cannot be read or is not JSON.
    pub fn load(path: &Path) -> Result<Oas, LoadError> {
        Ok(Oas::new(serde_json::from_slice(&std::fs::read(path)?)?))
    }

    fn new(document: Value) -> Oas {
        let mut routes = Vec::new();
        for (template, operations) in document["paths"].as_object().into_iter().flatten() {
            let segments = template
                .trim_matches('/')
                .split('/')
                .map(|s| if s.starts_with('{') { None } else { Some(s.to_owned()) })
                .collect();
            let answers = operations.as_object().into_iter().flatten().filter_map(|(method, operation)| {
                let responses = operation["responses"].as_object()?;
                let schema = |r: &Value| r["content"]["application/json"]["schema"].clone();
                Some((
                    method.clone(),
                    responses.iter().map(|(status, r)| (status.clone(), schema(r))).collect(),
                ))
            });
            routes.push(Route { template: template.clone(), segments, answers: answers.collect() });
        }
        Oas { document, routes }
    }

    /// What is wrong with an answer, known faults of the description left out. Paths that it does not describe are not judged.
    pub fn check(&self, method: &Method, path: &str, status: u16, body: Option<&Value>) -> Vec<Violation> {
        let Some(route) = self.route(path) else { return Vec::new() };
        let Some(answers) = route.answers.get(&method.as_str().to_lowercase()) else { return Vec::new() };
        let mut found = Vec::new();
        match (answers.get(&status.to_string()), body) {
            (None, _) => {
                let described: Vec<&String> = answers.keys().collect();
                found.push((String::new(), format!("status {status} is not described, only {described:?}")));
            }
            (Some(Value::Null), _) => {}
            (Some(_), None) => found.push((String::new(), "the answer has no JSON body".to_owned())),
            (Some(schema), Some(body)) => self.judge(schema, body, "", &mut found),
        }
        found
            .into_iter()
            .filter(|(at, _)| !known::is_fault(method.as_str(), &route.template, at))
            .map(|(at, problem)| Violation {
                method: method.as_str().to_owned(),
                path: route.template.clone(),
                status,
                at,
                problem,
            })
            .collect()
    }

    /// The route of a path; words win over parameters.
    fn route(&self, path: &str) -> Option<&Route> {
        let path = path.strip_suffix(".json").unwrap_or(path);
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        let fits = |r: &&Route| {
            r.segments.len() == parts.len()
                && r.segments.iter().zip(&parts).all(|(s, p)| s.as_deref().is_none_or(|s| s == *p))
        };
        self.routes.iter().filter(fits).min_by_key(|r| r.segments.iter().filter(|s| s.is_none()).count())
    }

    fn judge(&self, schema: &Value, value: &Value, at: &str, found: &mut Vec<(String, String)>) {
        if let Some(reference) = schema["$ref"].as_str() {
            let Some(target) = self.document.pointer(reference.trim_start_matches('#')) else {
                found.push((at.to_owned(), format!("{reference} leads nowhere")));
                return;
            };
            return self.judge(target, value, at, found);
        }
        if value.is_null() && self.takes_null(schema) {
            return;
        }
        if let Some(branches) = schema["anyOf"].as_array() {
            let judged = branches.iter().map(|branch| {
                let mut faults = Vec::new();
                self.judge(branch, value, at, &mut faults);
                faults
            });
            if let Some(best) = judged.min_by_key(Vec::len) {
                found.extend(best);
            }
        }
        for part in schema["allOf"].as_array().into_iter().flatten() {
            self.judge(part, value, at, found);
        }
        if let Some(wanted) = schema["type"].as_str()
            && !is_of_type(value, wanted)
        {
            found.push((at.to_owned(), format!("{} where {wanted} is described", brief(value))));
            return;
        }
        if let Some(words) = schema["enum"].as_array()
            && !words.contains(value)
        {
            found.push((at.to_owned(), format!("{} is not one of {}", brief(value), schema["enum"])));
        }
        if let (Some("date-time" | "datetime"), Some(text)) = (schema["format"].as_str(), value.as_str())
            && text.parse::<jiff::Timestamp>().is_err()
        {
            found.push((at.to_owned(), format!("{text:?} is no time")));
        }
        match value {
            Value::Object(map) => self.judge_object(schema, map, at, found),
            Value::Array(list) => {
                let inside = format!("{at}[]");
                for item in list {
                    if let Some(schema) = schema.get("items") {
                        self.judge(schema, item, &inside, found);
                    }
                }
            }
            _ => {}
        }
    }

    fn judge_object(
        &self,
        schema: &Value,
        map: &Map<String, Value>,
        at: &str,
        found: &mut Vec<(String, String)>,
    ) {
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            // What is required of a request only is not in answers.
            let write_only = schema["properties"][name]["writeOnly"] == true;
            if !map.contains_key(name) && !write_only {
                found.push((joined(at, name), "is missing".to_owned()));
            }
        }
        for (name, value) in map {
            let described = schema["properties"]
                .get(name)
                .or_else(|| schema.get("additionalProperties").filter(|s| s.is_object()));
            if let Some(schema) = described {
                self.judge(schema, value, &joined(at, name), found);
            }
        }
    }

    fn takes_null(&self, schema: &Value) -> bool {
        if let Some(target) =
            schema["$ref"].as_str().and_then(|r| self.document.pointer(r.trim_start_matches('#')))
        {
            return self.takes_null(target);
        }
        schema["nullable"] == true
            || schema["anyOf"].as_array().is_some_and(|branches| branches.iter().any(|b| self.takes_null(b)))
    }
}

fn is_of_type(value: &Value, wanted: &str) -> bool {
    match wanted {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        _ => true,
    }
}

fn joined(at: &str, name: &str) -> String {
    if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") }
}

fn brief(value: &Value) -> String {
    value.to_string().chars().take(60).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sample() -> Oas {
        Oas::new(json!({
            "paths": {
                "/api/v2/things/{id}": {"get": {"responses": {"200": {"content": {"application/json": {"schema":
                    {"$ref": "#/components/schemas/Thing"}}}}, "204": {}}}},
                "/api/v2/things/count": {"get": {"responses": {"200": {"content": {"application/json": {"schema":
                    {"type": "object", "properties": {"count": {"type": "integer"}}}}}}}}},
            },
            "components": {"schemas": {"Thing": {"type": "object", "required": ["id"], "properties": {
                "id": {"type": "integer"},
                "when": {"type": "string", "format": "date-time", "nullable": true},
                "color": {"type": "string", "enum": ["red", "blue"]},
                "tags": {"type": "array", "items": {"type": "string"}},
                "size": {"anyOf": [{"type": "integer"}, {"type": "string", "nullable": true}]},
            }}}},
        }))
    }

    fn faults(path: &str, status: u16, body: Value) -> Vec<String> {
        sample().check(&Method::GET, path, status, Some(&body)).into_iter().map(|v| v.at).collect()
    }

    #[test]
    fn finds_what_is_wrong_and_only_that() {
        let good = json!({"id": 1, "when": null, "color": "red", "tags": ["a"], "size": null, "other": []});
        assert_eq!(faults("/api/v2/things/7.json", 200, good), [] as [&str; 0]);
        assert_eq!(faults("/api/v2/things/7", 200, json!({})), ["id"]);
        assert_eq!(faults("/api/v2/things/7", 200, json!({"id": "1"})), ["id"]);
        assert_eq!(faults("/api/v2/things/7", 200, json!({"id": 1, "when": "noon"})), ["when"]);
        assert_eq!(faults("/api/v2/things/7", 200, json!({"id": 1, "color": "green"})), ["color"]);
        assert_eq!(faults("/api/v2/things/7", 200, json!({"id": 1, "tags": ["a", 2]})), ["tags[]"]);
        assert_eq!(faults("/api/v2/things/7", 200, json!({"id": 1, "size": true})), ["size"]);
        assert_eq!(faults("/api/v2/things/7", 201, json!({"id": 1})), [""], "another status than described");
        assert_eq!(
            faults("/api/v2/things/count", 200, json!({"count": "1"})),
            ["count"],
            "words win over parameters"
        );
        assert_eq!(faults("/api/v2/unknown", 200, json!(1)), [] as [&str; 0]);
    }
}
