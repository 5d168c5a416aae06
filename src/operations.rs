//! What the internal listener answers to operators: whether the process lives, is ready, and what it has counted.

use std::fmt::Write as _;

use actix_web::{HttpResponse, web};
use runtime::Shutdown;
use seam::Edges;

/// What an operator may look at.
#[derive(Clone, Debug)]
pub struct Operations {
    /// All edges of the process.
    pub edges: Edges,
    /// Whether it has been asked to end.
    pub shutdown: Shutdown,
}

/// Mounts `/health/live`, `/health/ready` and `/metrics`.
pub fn configure(operations: &Operations, app: &mut web::ServiceConfig) {
    app.app_data(web::Data::new(operations.clone()))
        .route("/health/live", web::get().to(live))
        .route("/health/ready", web::get().to(ready))
        .route("/metrics", web::get().to(metrics));
}

async fn live() -> HttpResponse {
    HttpResponse::Ok().body("live\n")
}

async fn ready(operations: web::Data<Operations>) -> HttpResponse {
    match operations.shutdown.is_requested() {
        false => HttpResponse::Ok().body("ready\n"),
        true => HttpResponse::ServiceUnavailable().body("ending\n"),
    }
}

/// The edges in the text format of Prometheus.
async fn metrics(operations: web::Data<Operations>) -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(exposition(&operations.edges))
}

fn exposition(edges: &Edges) -> String {
    type Column = (&'static str, &'static str, fn(&seam::MethodFigures) -> f64);
    const COLUMNS: [Column; 6] = [
        ("cleave_edge_calls_total", "Calls begun on an edge.", |figures| figures.calls as f64),
        ("cleave_edge_refusals_total", "Calls answered with a domain error.", |figures| figures.refusals as f64),
        ("cleave_edge_breakdowns_total", "Calls that got no answer.", |figures| figures.breakdowns as f64),
        ("cleave_edge_retries_total", "Attempts beyond the first.", |figures| figures.retries as f64),
        ("cleave_edge_timed_calls_total", "Calls whose duration was sampled.", |figures| figures.timed_calls as f64),
        ("cleave_edge_timed_seconds_total", "Duration of the sampled calls.", |figures| {
            figures.timed_nanoseconds as f64 / 1e9
        }),
    ];
    let edges = edges.figures();
    let mut out = String::new();
    for (name, help, value) in COLUMNS {
        let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} counter");
        for edge in &edges {
            let (caller, callee) = (edge.caller, edge.callee);
            for (method, figures) in edge.contract.methods.iter().zip(&edge.methods) {
                let (method, value) = (method.name, value(figures));
                let _ = writeln!(out, "{name}{{caller=\"{caller}\",callee=\"{callee}\",method=\"{method}\"}} {value}");
            }
        }
    }
    out
}
