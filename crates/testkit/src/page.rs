use serde_json::Value;
use url::Url;

/// What was answered.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
    /// Null for what is no JSON.
    pub body: Value,
}

impl Answer {
    pub(crate) async fn read(response: reqwest::Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.expect("an answer that can be read");
        assert_ne!(status, 500, "the server made a mistake: {text}");
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Self { status, headers, text, body }
    }

    /// The body of an answer that is no error.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert!((200..300).contains(&self.status), "{} {}", self.status, self.text);
        self.body
    }

    /// The code of an error with this status.
    #[track_caller]
    pub fn refused(&self, status: u16) -> &str {
        assert_eq!(self.status, status, "{}", self.text);
        self.body["error"]["code"].as_str().unwrap_or_else(|| panic!("no code in {}", self.text))
    }

    /// The sentence of an error.
    #[track_caller]
    pub fn message(&self) -> &str {
        self.body["error"]["message"].as_str().unwrap_or_else(|| panic!("no message in {}", self.text))
    }
}

/// A page that is open in somebody's browser. Paths are those of the app (`/tickets/3`), or of the server when they begin with
/// `/api/`.
#[derive(Debug, Clone)]
pub struct Page {
    pub(crate) http: reqwest::Client,
    pub(crate) url: Url,
    pub(crate) app: &'static str,
    /// What came with the page.
    pub boot: Value,
    /// The session.
    pub token: String,
}

impl Page {
    /// What the page shows first.
    pub fn data(&self) -> &Value {
        &self.boot["data"]
    }

    /// The same page with another session's token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: token.to_owned(), ..self.clone() }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send("PUT", path, Some(body)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send("POST", path, Some(body)).await
    }

    pub async fn delete(&self, path: &str, body: Value) -> Answer {
        self.send("DELETE", path, Some(body)).await
    }

    pub async fn send(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        let path =
            if path.starts_with("/api/") { path.to_owned() } else { format!("/api/apps/{}{path}", self.app) };
        let url = self.url.join(&path).expect("an address");
        let mut request = self.http.request(method.parse().expect("a method"), url).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        Answer::read(request.send().await.expect("an answer")).await
    }

    /// Listens to what changes, as an open page does.
    pub async fn listen(&self, topics: &str) -> News {
        let mut url = self.url.join("api/events").expect("an address");
        url.query_pairs_mut().append_pair("topics", topics);
        let response = self.http.get(url).bearer_auth(&self.token).send().await.expect("a stream");
        assert_eq!(response.status(), 200);
        let mut news = News { response, seen: String::new(), authorization: Value::Null };
        let (name, state) = news.next().await;
        assert_eq!(name, "authorization", "what was missed while nobody listened comes first");
        News { authorization: state, ..news }
    }
}

/// News as they come in.
#[derive(Debug)]
pub struct News {
    response: reqwest::Response,
    seen: String,
    /// How the app stood when the listening began.
    pub authorization: Value,
}

impl News {
    /// The next event, its name and data; waits two seconds at most.
    pub async fn next(&mut self) -> (String, Value) {
        let next = async {
            loop {
                if let Some((event, rest)) = self.seen.split_once("\n\n") {
                    let (event, rest) = (event.to_owned(), rest.to_owned());
                    self.seen = rest;
                    let line =
                        |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
                    if let (Some(name), Some(data)) = (line("event:"), line("data:")) {
                        return (name.to_owned(), serde_json::from_str(data).expect("data is JSON"));
                    }
                } else {
                    let chunk = self.response.chunk().await.expect("a stream").expect("the stream goes on");
                    self.seen.push_str(std::str::from_utf8(&chunk).expect("text"));
                }
            }
        };
        let limit = std::time::Duration::from_secs(2);
        tokio::time::timeout(limit, next).await.expect("news within two seconds")
    }
}
