//! The pages of the consent: plain HTML, no script, readable in light and dark.

use std::fmt::Write as _;

use axum::response::{Html, IntoResponse, Response};
use http::header;

use super::Client;
use crate::workspace_api::sessions::Session;
use crate::{Role, World};

const STYLE: &str = "
:root { color-scheme: light dark; --bg: #f8f9f9; --card: #fff; --fg: #2f3941; --dim: #68737d; --line: #d8dcde; --main: #1f73b7; --main-fg: #fff; --focus: #1f73b7; }
@media (prefers-color-scheme: dark) { :root { --bg: #151a1e; --card: #1f252a; --fg: #d8dcde; --dim: #b0b8be; --line: #49545c; --main: #3091ec; --main-fg: #0a0d0e; --focus: #5ea9ef; } }
* { box-sizing: border-box }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 24px 16px; background: var(--bg); color: var(--fg); font: 14px/20px system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif }
main { width: 100%; max-width: 440px; background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 32px }
h1 { font-size: 20px; line-height: 28px; font-weight: 600; margin: 0 0 8px }
p { margin: 0 0 16px } .dim { color: var(--dim); font-size: 12px; line-height: 16px; overflow-wrap: anywhere }
ul { list-style: none; margin: 0 0 20px; padding: 0; border: 1px solid var(--line); border-radius: 4px }
li { padding: 10px 12px } li + li { border-top: 1px solid var(--line) } code { color: var(--dim); font-size: 12px }
button { font: inherit; cursor: pointer; border-radius: 4px; padding: 9px 15px; border: 1px solid var(--main); background: none; color: var(--main) }
button.primary { background: var(--main); color: var(--main-fg) }
button.person { display: flex; justify-content: space-between; gap: 12px; width: 100%; border: 0; padding: 10px 12px; color: var(--fg); text-align: start }
button:focus-visible, a:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px }
.row { display: flex; gap: 12px; margin-bottom: 20px } li.flush { padding: 0 } a { color: var(--main) }
";

/// Text for HTML, in and between tags.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

fn page(title: &str, body: &str) -> Response {
    // As at Zendesk: who asks for consent must open a window of its own for it.
    let headers = [(header::X_FRAME_OPTIONS, "DENY"), (header::CACHE_CONTROL, "no-store")];
    let html = Html(format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\"><title>{}</title><style>{STYLE}</style></head>\n\
         <body><main>\n{body}</main></body></html>\n",
        escape(title)
    ));
    (headers, html).into_response()
}

/// What a scope allows, in a person's words.
fn meaning(scope: &str) -> String {
    match scope.split_once(':') {
        None => match scope {
            "read" => "Read everything that you can see".into(),
            "write" => "Create, change and delete whatever you can".into(),
            "impersonate" => "Act on behalf of customers".into(),
            other => format!("Use “{other}”"),
        },
        Some((resource, "read")) => format!("Read your {}", resource.replace('_', " ")),
        Some((resource, "write")) => format!("Create, change and delete {}", resource.replace('_', " ")),
        Some(_) => format!("Use “{scope}”"),
    }
}

pub(super) fn consent(
    world: &World,
    client: &Client,
    session: &Session,
    scopes: &[String],
    redirect_uri: &str,
    request: &str,
) -> Response {
    let person = world.users.get(&session.user_id);
    let mut list = String::new();
    for scope in scopes {
        let (meaning, scope) = (escape(&meaning(scope)), escape(scope));
        let _infallible = writeln!(list, "<li>{meaning} <code>{scope}</code></li>");
    }
    let company =
        client.company.as_deref().map(|company| format!(" by {}", escape(company))).unwrap_or_default();
    let body = format!(
        "<h1>Allow {name} to use your account?</h1>\n\
         <p>{name}{company} asks for access to <strong>{account}</strong> ({subdomain}.zendesk.com) in the name of \
         {person} ({email}). It will be able to:</p>\n<ul>\n{list}</ul>\n\
         <form method=\"post\" action=\"/oauth/authorizations\">\
         <input type=\"hidden\" name=\"authenticity_token\" value=\"{csrf}\">\
         <input type=\"hidden\" name=\"request\" value=\"{request}\">\
         <div class=\"row\"><button class=\"primary\" name=\"decision\" value=\"allow\">Allow</button>\
         <button name=\"decision\" value=\"deny\">Deny</button></div></form>\n\
         <p class=\"dim\">Afterwards you return to {redirect}. \
         <a href=\"/oauth/authorizations/new?{request}&amp;switch=1\">Sign in as somebody else</a></p>\n",
        name = escape(&client.name),
        account = escape(&world.account.name),
        subdomain = escape(&world.account.subdomain),
        person = escape(person.map_or("", |user| &user.name)),
        email = escape(person.and_then(|user| user.email.as_deref()).unwrap_or("no address")),
        csrf = escape(&session.csrf),
        request = escape(request),
        redirect = escape(redirect_uri),
    );
    page(&format!("Allow {}?", client.name), &body)
}

pub(super) fn sign_in(world: &World, client: &Client, request: &str) -> Response {
    let mut list = String::new();
    let people =
        world.users.values().filter(|user| user.role != Role::EndUser && user.active && !user.suspended);
    for user in people {
        let role = if user.role == Role::Admin { "Administrator" } else { "Agent" };
        let _infallible = writeln!(
            list,
            "<li class=\"flush\"><button class=\"person\" name=\"user_id\" value=\"{}\"><span>{}<br><span \
             class=\"dim\">{}</span></span><span class=\"dim\">{role}</span></button></li>",
            user.id,
            escape(&user.name),
            escape(user.email.as_deref().unwrap_or_default()),
        );
    }
    let body = format!(
        "<h1>Sign in to {account}</h1>\n<p>{name} asks for access. Who are you?</p>\n\
         <form method=\"post\" action=\"/oauth/authorizations/sign_in\">\
         <input type=\"hidden\" name=\"request\" value=\"{request}\">\n<ul>\n{list}</ul></form>\n",
        account = escape(&world.account.name),
        name = escape(&client.name),
        request = escape(request),
    );
    page(&format!("Sign in to {}", world.account.name), &body)
}

pub(super) fn error(text: &str) -> Response {
    let body = format!(
        "<h1>This request cannot be granted</h1>\n<p>{}. Tell whoever runs the application that sent you here.</p>\n",
        escape(text)
    );
    page("This request cannot be granted", &body)
}
