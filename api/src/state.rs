//! What all workers share.

use actix_web::web::Bytes;
use std::sync::Arc;

use crate::audit::Audit;
use crate::budget::Budget;
use crate::follow::FollowMetrics;
use crate::host::Hosts;
use crate::keys::Keys;
use crate::metrics::Metrics;
use crate::published::Published;
use crate::settings::Settings;

/// One server's state; handlers take it as `web::Data<State>`.
#[derive(Debug)]
pub struct State {
    /// How to serve.
    pub settings: Settings,
    /// The run being served.
    pub published: Arc<Published>,
    /// The keys; without them everybody may ask, and only loopback is listened on.
    pub keys: Option<Arc<Keys>>,
    /// Hosts that may be asked for.
    pub hosts: Hosts,
    /// Memory and processor time for requests.
    pub budget: Budget,
    /// The audit.
    pub audit: Option<Audit>,
    /// How the bucket is followed, where one is.
    pub follow: Option<Arc<FollowMetrics>>,
    /// The counters.
    pub metrics: Metrics,
    /// The OpenAPI document, as it is sent.
    pub openapi: Bytes,
}
