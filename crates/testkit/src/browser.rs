//! What people's browsers do before a page is theirs: Zendesk's signature, the consent page and the way back.

use std::time::Duration;

use kit::Location;
use sandbox::apps::launch::Launch;
use serde_json::{Value, json};
use url::Url;

use crate::page::{Answer, Page};
use crate::{ADMIN, TestApp};

/// The browser of everybody: what it is told to follow it is told by the test.
// Not a call of the server's, for which zendesk::Http is the only way.
#[allow(clippy::disallowed_methods)]
pub(crate) fn http() -> reqwest::Client {
    let builder = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
    builder.timeout(Duration::from_secs(60)).build().expect("a client")
}

/// What an administrator does on Zendesk's consent page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    Allow,
    Deny,
}

impl TestApp {
    /// Zendesk opens the first app's page at `location` for this person. The page must open.
    pub async fn open(&self, email: &str, location: Location, ticket_id: Option<i64>) -> Page {
        let token = self.signed(email, location, ticket_id).await;
        let answer = self.post_signed(location, &token).await;
        // A build without Node has no scripts to load, and says so; what the page would show is there all the same.
        assert!(
            matches!(answer.status, 200 | 501),
            "the page does not open: {} {}",
            answer.status,
            answer.text
        );
        let marker = r#"<script type="application/json" id="boot">"#;
        let (_, boot) =
            answer.text.split_once(marker).unwrap_or_else(|| panic!("no boot data in {}", answer.text));
        let (boot, _) = boot.split_once("</script>").expect("its end");
        let boot: Value = serde_json::from_str(boot).expect("boot data is JSON");
        let token = boot["session"]["token"].as_str().expect("a session").to_owned();
        Page { http: self.server.http.clone(), url: self.url(), app: self.app().id, boot, token }
    }

    /// The sidebar of a ticket.
    pub async fn sidebar(&self, email: &str, ticket_id: i64) -> Page {
        self.open(email, Location::TicketSidebar, Some(ticket_id)).await
    }

    /// The page in the navigation bar.
    pub async fn board(&self, email: &str) -> Page {
        self.open(email, Location::NavBar, None).await
    }

    /// The token that Zendesk posts when this person opens the first app there.
    pub async fn signed(&self, email: &str, location: Location, ticket_id: Option<i64>) -> String {
        let launch = Launch {
            installation_id: self.installations[self.app().id],
            location: location.as_str().to_owned(),
            ticket_id: ticket_id.map(i64::unsigned_abs),
            ..Launch::default()
        };
        self.control().sign_launch(email, &launch).await.expect("Zendesk opens the page")
    }

    /// The form post with which Zendesk opens a page, whatever the token is.
    pub async fn post_signed(&self, location: Location, token: &str) -> Answer {
        let page = self.app().pages.iter().find(|page| page.location == location).expect("such a page");
        let mut url =
            self.url().join(&format!("apps/{}/pages/{}", self.app().id, page.name)).expect("an address");
        url.query_pairs_mut()
            .append_pair("origin", self.sandbox.url())
            .append_pair("app_guid", "guid-of-the-test");
        let request = self.server.http.post(url).form(&[("token", token)]);
        Answer::read(request.send().await.expect("an answer")).await
    }

    /// This administrator opens the app, presses Authorise and agrees; the account is initialised after it.
    pub async fn authorise(&self, email: &str) {
        let answer = self.consent(email, Consent::Allow).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        self.run_jobs().await;
    }

    /// [`TestApp::authorise`] by the usual administrator.
    pub async fn authorised(&self) {
        self.authorise(ADMIN).await;
    }

    /// This person opens the app, presses Authorise and decides. Gives the last page that he sees.
    pub async fn consent(&self, email: &str, decision: Consent) -> Answer {
        let page = self.board(email).await;
        let start = page.post("/api/authorization", Value::Null).await.ok();
        let location = self.decide(email, start["url"].as_str().expect("an address"), decision).await;
        let shown = Answer::read(self.server.http.get(location).send().await.expect("an answer")).await;
        assert_eq!(shown.status, 200, "{}", shown.text);
        self.finish_consent(&shown).await
    }

    /// What the page to which the consent page leads posts by itself.
    pub async fn finish_consent(&self, shown: &Answer) -> Answer {
        let mut form = vec![("state", hidden(&shown.text, "state").expect("the state"))];
        form.extend(hidden(&shown.text, "code").map(|code| ("code", code)));
        let callback = self.url().join("oauth/callback").expect("an address");
        Answer::read(self.server.http.post(callback).form(&form).send().await.expect("an answer")).await
    }

    /// This person looks at the consent page and presses a button. Gives the address to which he is sent back.
    pub async fn decide(&self, email: &str, url: &str, decision: Consent) -> Url {
        let session = format!("{}/sandbox/workspace/session", self.sandbox.url());
        let body = json!({ "user_id": self.user_id(email) });
        let answer = self.server.http.post(session).json(&body).send().await.expect("an answer");
        assert_eq!(answer.status(), 204);
        let cookie = answer.headers()["set-cookie"].to_str().expect("text");
        let cookie = cookie.split(';').next().expect("a pair").to_owned();
        let page =
            self.server.http.get(url).header("cookie", &cookie).send().await.expect("the consent page");
        assert_eq!(page.status(), 200);
        let page = page.text().await.expect("its text");
        let decision = if decision == Consent::Allow { "allow" } else { "deny" };
        let form = [
            ("authenticity_token", hidden(&page, "authenticity_token").expect("the form")),
            ("request", hidden(&page, "request").expect("the form")),
            ("decision", decision.to_owned()),
        ];
        let action = format!("{}/oauth/authorizations", self.sandbox.url());
        let answer = self
            .server
            .http
            .post(action)
            .header("cookie", &cookie)
            .form(&form)
            .send()
            .await
            .expect("an answer");
        assert_eq!(answer.status(), 302);
        Url::parse(answer.headers()["location"].to_str().expect("text")).expect("an address")
    }

    /// A trigger's webhook: the account token as bearer, the arguments as the body.
    pub async fn webhook(&self, action: &str, token: &str, body: Value) -> Answer {
        self.webhook_text(action, token, None, body.to_string()).await
    }

    /// A webhook with Zendesk's id of the call, and with any text as its body.
    pub async fn webhook_text(
        &self,
        action: &str,
        token: &str,
        invocation: Option<&str>,
        body: impl Into<reqwest::Body>,
    ) -> Answer {
        let url = self.url().join(&format!("hooks/{}/{action}", self.app().id)).expect("an address");
        let mut request =
            self.server.http.post(url).bearer_auth(token).header("content-type", "application/json");
        if let Some(invocation) = invocation {
            request = request.header("x-zendesk-webhook-invocation-id", invocation);
        }
        Answer::read(request.body(body).send().await.expect("an answer")).await
    }

    /// Any request to the server, without credentials unless `request` adds some.
    pub async fn ask(
        &self,
        method: &str,
        path: &str,
        request: impl FnOnce(reqwest::RequestBuilder) -> reqwest::RequestBuilder,
    ) -> Answer {
        let url = self.url().join(path.trim_start_matches('/')).expect("an address");
        let method = method.parse().expect("a method");
        Answer::read(request(self.server.http.request(method, url)).send().await.expect("an answer")).await
    }
}

/// The value of a hidden field of a form.
fn hidden(page: &str, name: &str) -> Option<String> {
    let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\""))?;
    Some(rest.split_once('"')?.0.replace("&amp;", "&"))
}
