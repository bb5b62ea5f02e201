//! For operators and what watches over the server.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle};
use serde_json::{Value, json};

use crate::Web;

/// Collects this process's metrics. Once a process.
pub fn install_metrics() -> Result<PrometheusHandle, BuildError> {
    PrometheusBuilder::new().install_recorder()
}

/// The process runs. Says nothing of what it depends on: restarting it would not mend that.
pub(crate) async fn healthz() -> Json<Value> {
    Json(json!({ "ok": true }))
}

/// The process can serve: its database answers.
pub(crate) async fn readyz(State(web): State<Web>) -> Response {
    match web.platform().db().health().await {
        Ok(_) if *web.0.closing.borrow() => {
            (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "ready": false, "why": "ending" })))
                .into_response()
        }
        Ok(_) => Json(json!({ "ready": true })).into_response(),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            let why = json!({ "ready": false, "why": "the database does not answer" });
            (StatusCode::SERVICE_UNAVAILABLE, Json(why)).into_response()
        }
    }
}

pub(crate) async fn metrics(State(web): State<Web>) -> Response {
    match &web.0.metrics {
        Some(handle) => {
            let kind = "text/plain; version=0.0.4; charset=utf-8";
            ([(header::CONTENT_TYPE, kind)], handle.render()).into_response()
        }
        None => (StatusCode::NOT_FOUND, "Metrics are not collected by this process.").into_response(),
    }
}
