//! What a test must not leave behind.

use serde_json::Value;

use crate::TestApp;

/// What a test said that it means to cause.
#[derive(Debug, Default)]
pub(crate) struct Expected {
    errors: Vec<(String, u16)>,
    parked: i64,
}

impl TestApp {
    /// Calls of this route (`GET /api/v2/tickets/*`) may be answered with this status.
    pub fn expect_zendesk_error(&self, route: &str, status: u16) {
        self.expected.lock().errors.push((route.to_owned(), status));
    }

    /// So many jobs may wait for an authorization at the end.
    pub fn expect_parked(&self, jobs: i64) {
        self.expected.lock().parked = jobs;
    }

    pub(crate) async fn check_leftovers(&self) {
        self.check_jobs().await;
        self.check_calls();
        let url = format!("{}/sandbox/oas_violations", self.sandbox.url());
        let report = self.server.http.get(url).send().await.expect("an answer").text().await.expect("text");
        let report: Value = serde_json::from_str(&report).expect("JSON");
        assert_eq!(
            report["violations"],
            Value::Array(Vec::new()),
            "answers that do not fit Zendesk's description"
        );
    }

    async fn check_jobs(&self) {
        let stats = {
            let mut tx = self.db().system_read().await.expect("a transaction");
            jobs::stats(&mut tx).await.expect("counts")
        };
        let waiting = self.waiting().await;
        assert_eq!(stats.failed, 0, "jobs have failed: {waiting:?}");
        assert_eq!(stats.parked, self.expected.lock().parked, "parked jobs: {waiting:?}");
        assert_eq!(stats.due, 0, "jobs are due and were not run: {waiting:?}");
        let on_its_way = self.next_delivery().await;
        assert_eq!(on_its_way, None, "something for Zendesk is on its way: {waiting:?}");
    }

    /// Every call was answered well, or wrongly by a fault that the test made, or as the test said.
    fn check_calls(&self) {
        let expected = &self.expected.lock().errors;
        let log = self.sandbox.shared().gate().log();
        for entry in log.since(0, None) {
            let Some(status) = entry.status.map(|status| status.as_u16()) else { continue };
            let declared = expected.iter().any(|(route, code)| {
                *code == status && sandbox::gate::faults::matches(route, &entry.method, &entry.path)
            });
            let answer = String::from_utf8_lossy(&entry.answer);
            assert!(
                status < 400 || entry.fault.is_some() || declared,
                "Zendesk answered {} {} with {status}: {answer}",
                entry.method,
                entry.path
            );
        }
    }
}
