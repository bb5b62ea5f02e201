#![doc = include_str!("../README.md")]

mod actions;
mod activity;
mod assets;
mod authorization;
mod doors;
mod events;
mod health;
mod middleware;
mod pages;
mod public;
mod session;

use std::sync::Arc;

use axum::extract::FromRef;
use axum::middleware::map_response;
use axum::routing::{get, post};
use axum::{Extension, Router};
use kit::{AppId, Platform};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::watch;
use url::Url;

pub use health::install_metrics;

/// Everything that the routes share.
#[derive(Debug, Clone)]
pub struct Web(Arc<Inner>);

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) platform: Platform,
    /// Where pages load Zendesk's app-framework SDK from.
    pub(crate) sdk_url: Url,
    pub(crate) metrics: Option<PrometheusHandle>,
    /// True while the server ends: streams close, so that browsers go to another node.
    pub(crate) closing: watch::Receiver<bool>,
}

impl FromRef<Web> for Platform {
    fn from_ref(web: &Web) -> Platform {
        web.0.platform.clone()
    }
}

impl Web {
    pub fn new(
        platform: Platform,
        sdk_url: Url,
        metrics: Option<PrometheusHandle>,
        closing: watch::Receiver<bool>,
    ) -> Self {
        Self(Arc::new(Inner { platform, sdk_url, metrics, closing }))
    }

    pub(crate) fn platform(&self) -> &Platform {
        &self.0.platform
    }

    /// All routes of the server.
    pub fn router(self) -> Router {
        let platform = self.platform().clone();
        let mut api = Router::new();
        for app in platform.apps() {
            let routes = app.router().fallback(not_found).layer(Extension(AppId(app.id)));
            api = api.nest(&format!("/apps/{}", app.id), routes);
        }
        let api: Router<Web> = api.with_state(platform);
        let api = api
            .route("/session/renew", post(session::renew))
            .route("/authorization", post(authorization::start))
            .route("/activity", get(activity::list))
            .route("/actions", get(actions::list))
            .route("/actions/webhooks", post(actions::create))
            .fallback(not_found)
            .layer(map_response(middleware::refusals_as_json));
        let timed = Router::new()
            .nest("/api", api)
            .route("/", get(public::home))
            .route("/apps/{app}", get(public::app))
            .route("/apps/{app}/api-access", get(public::api_access))
            .route("/apps/{app}/api-access.json", get(public::api_access_json))
            .route("/apps/{app}/pages/{page}", get(pages::outside_zendesk).post(pages::open))
            .route("/oauth/callback", get(authorization::callback).post(authorization::finish))
            .route(
                "/hooks/{app}/{action}",
                post(doors::webhook).layer(map_response(middleware::refusals_as_json)),
            )
            .route("/assets/{*path}", get(assets::serve))
            .route("/healthz", get(health::healthz))
            .route("/readyz", get(health::readyz))
            .route("/metrics", get(health::metrics));
        // Streams stay open as long as the page; everything else has an end.
        let streams = Router::new()
            .route("/api/events", get(events::stream))
            .layer(map_response(middleware::refusals_as_json));
        middleware::wrap(timed, streams).fallback(not_found).with_state(self)
    }
}

async fn not_found() -> kit::ApiError {
    kit::ApiError::not_found()
}
