//! What the service counts of itself, in Prometheus' text format.

mod model;

use actix_web::http::Method;
use prometheus::core::Collector;
use prometheus::{
    Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
    TextEncoder,
};

use self::model::ModelGauges;
use crate::audit::Audit;
use crate::budget::Budget;
use crate::follow::FollowMetrics;
use crate::keys::Keys;
use crate::published::Published;
use crate::table::Table;

/// Seconds: from a lookup in memory to a streamed export.
const LATENCIES: &[f64] =
    &[0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0];
/// Ids of one request.
const IDS: &[f64] = &[1.0, 10.0, 100.0, 1e3, 1e4, 1e5, 1e6];

/// Methods that nothing is served under share a label: clients can make up as many as they like.
pub fn method_label(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        _ => "other",
    }
}

/// Counters and gauges of one server.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    seconds: HistogramVec,
    ids: Histogram,
    created: IntGauge,
    until: IntGauge,
    customers: IntGauge,
    table_bytes: IntGauge,
    resident_bytes: IntGauge,
    ready: IntGauge,
    run: IntGaugeVec,
    guards: Guards,
    model: ModelGauges,
}

/// Whether what protects the data works, and what it costs.
#[derive(Debug)]
struct Guards {
    audit_working: IntGauge,
    audit_unlisted: IntGauge,
    audit_failures: IntGauge,
    keys_valid: IntGauge,
    keys_age: IntGauge,
    held_bytes: IntGauge,
    waiting_bytes: IntGauge,
}

/// What figures are read from when they are asked for.
#[derive(Debug, Clone, Copy)]
pub struct Sources<'a> {
    /// The run served.
    pub published: &'a Published,
    /// How the bucket is followed, where one is.
    pub follow: Option<&'a FollowMetrics>,
    /// The audit, where there is one.
    pub audit: Option<&'a Audit>,
    /// The keys, where there are some.
    pub keys: Option<&'a Keys>,
    /// Memory for requests.
    pub budget: &'a Budget,
}

impl Default for Guards {
    fn default() -> Self {
        let gauge = |name, help| IntGauge::new(name, help).expect(VALID);
        Self {
            audit_working: gauge("segmentation_audit_working", "1 while the audit can be written."),
            audit_unlisted: gauge(
                "segmentation_audit_unlisted_refusals",
                "Refusals without a line of their own.",
            ),
            audit_failures: gauge("segmentation_audit_write_failures", "Lines that could not be written."),
            keys_valid: gauge("segmentation_keys_valid", "1 while the keys read last are good."),
            keys_age: gauge(
                "segmentation_keys_age_seconds",
                "Since the file of keys was read and found valid.",
            ),
            held_bytes: gauge("segmentation_request_memory_bytes", "Held for bodies, decoders and answers."),
            waiting_bytes: gauge(
                "segmentation_list_memory_bytes",
                "Held for ids of lists that wait for answers.",
            ),
        }
    }
}

impl Guards {
    fn gauges(&self) -> [&IntGauge; 7] {
        [
            &self.audit_working,
            &self.audit_unlisted,
            &self.audit_failures,
            &self.keys_valid,
            &self.keys_age,
            &self.held_bytes,
            &self.waiting_bytes,
        ]
    }

    fn look(&self, sources: &Sources<'_>) {
        if let Some(audit) = sources.audit {
            let (unlisted, failures) = audit.losses();
            self.audit_working.set(i64::from(audit.is_working()));
            self.audit_unlisted.set(unlisted as i64);
            self.audit_failures.set(failures as i64);
        }
        if let Some(keys) = sources.keys {
            self.keys_valid.set(i64::from(keys.are_current()));
            self.keys_age.set(keys.age().as_secs() as i64);
        }
        let (held, waiting) = sources.budget.taken();
        self.held_bytes.set(held as i64);
        self.waiting_bytes.set(waiting as i64);
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let gauge = |name, help| IntGauge::new(name, help).expect(VALID);
        let seconds =
            HistogramOpts::new("segmentation_request_duration_seconds", "Time to the answer's head.");
        let ids = HistogramOpts::new("segmentation_request_ids", "Customer ids a request.");
        let metrics = Self {
            registry: Registry::new(),
            requests: IntCounterVec::new(
                Opts::new("segmentation_requests_total", "Requests answered."),
                &["method", "route", "status"],
            )
            .expect(VALID),
            seconds: HistogramVec::new(seconds.buckets(LATENCIES.to_vec()), &["route"]).expect(VALID),
            ids: Histogram::with_opts(ids.buckets(IDS.to_vec())).expect(VALID),
            created: gauge("segmentation_run_created_timestamp_seconds", "When the run served was made."),
            until: gauge("segmentation_data_until_timestamp_seconds", "Last transaction in the run's data."),
            customers: gauge("segmentation_run_customers", "Customers in the run served."),
            table_bytes: gauge("segmentation_run_memory_bytes", "Memory held by the run served."),
            resident_bytes: gauge("process_resident_memory_bytes", "Resident memory of the process."),
            ready: gauge("segmentation_ready", "1 while a verified run is served."),
            run: IntGaugeVec::new(
                Opts::new("segmentation_run_info", "The run served, by its label."),
                &["run_id"],
            )
            .expect(VALID),
            guards: Guards::default(),
            model: ModelGauges::default(),
        };
        metrics.register();
        metrics
    }
}

/// The series of one kind of answer, found once.
#[derive(Debug, Clone)]
pub struct Series {
    requests: IntCounter,
    seconds: Histogram,
}

impl Series {
    /// Counts one.
    pub fn count(&self, seconds: f64) {
        self.requests.inc();
        self.seconds.observe(seconds);
    }
}

/// Names and labels are literals above, tested with the whole set.
const VALID: &str = "the metrics' names are valid and unique";

impl Metrics {
    fn register(&self) {
        let all: [Box<dyn Collector>; 10] = [
            Box::new(self.requests.clone()),
            Box::new(self.seconds.clone()),
            Box::new(self.ids.clone()),
            Box::new(self.created.clone()),
            Box::new(self.until.clone()),
            Box::new(self.customers.clone()),
            Box::new(self.table_bytes.clone()),
            Box::new(self.resident_bytes.clone()),
            Box::new(self.ready.clone()),
            Box::new(self.run.clone()),
        ];
        let guards = self.guards.gauges().map(|gauge| Box::new(gauge.clone()) as Box<dyn Collector>);
        for collector in all.into_iter().chain(guards).chain(self.model.collectors()) {
            self.registry.register(collector).expect(VALID);
        }
    }

    /// Counts an answer; `route` is a pattern, so the number of series is that of the routes.
    pub fn answered(&self, method: &str, route: &str, status: &str, seconds: f64) {
        self.series(method, route, status).count(seconds);
    }

    /// The series that [`Metrics::answered`] counts in.
    pub fn series(&self, method: &str, route: &str, status: &str) -> Series {
        Series {
            requests: self.requests.with_label_values(&[method, route, status]),
            seconds: self.seconds.with_label_values(&[route]),
        }
    }

    /// Counts the ids of a request.
    pub fn ids(&self, ids: u64) {
        self.ids.observe(ids as f64);
    }

    /// Everything, as Prometheus reads it.
    pub fn text(&self, sources: &Sources<'_>) -> Result<String, prometheus::Error> {
        let run = sources.published.run();
        self.guards.look(sources);
        self.run.reset();
        self.ready.set(i64::from(run.is_some()));
        if let Some(run) = run {
            self.describe(&run);
        }
        self.resident_bytes.set(resident_bytes());
        let mut families = self.registry.gather();
        families.extend(sources.follow.map(FollowMetrics::gather).unwrap_or_default());
        TextEncoder::new().encode_to_string(&families)
    }

    fn describe(&self, table: &Table) {
        let manifest = table.manifest();
        self.run.with_label_values(&[table.run_id()]).set(1);
        self.created.set(table.created_at().unwrap_or(0));
        self.until.set(seconds(&manifest.source.last_transaction));
        self.customers.set(manifest.customers as i64);
        self.table_bytes.set(table.bytes() as i64);
        self.model.describe(manifest);
    }
}

/// A day or a time of the data, which has no time zone, in seconds since 1970; 0 when it is neither.
fn seconds(text: &str) -> i64 {
    let time = text.parse::<chrono::NaiveDateTime>().ok();
    let day = || text.parse::<chrono::NaiveDate>().ok()?.and_hms_opt(0, 0, 0);
    time.or_else(day).map_or(0, |time| time.and_utc().timestamp())
}

/// 0 where the system does not tell.
fn resident_bytes() -> i64 {
    resident_bytes_in(&std::fs::read_to_string("/proc/self/status").unwrap_or_default()).unwrap_or(0)
}

/// Linux gives kilobytes here, and elsewhere pages of a size that depends on the machine.
fn resident_bytes_in(status: &str) -> Option<i64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: i64 = line.trim().strip_suffix("kB")?.trim_end().parse().ok()?;
    Some(kilobytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resident_memory_is_read_in_kilobytes() {
        let status = "Name:\tsegmentation-api\nVmHWM:\t   9000 kB\nVmRSS:\t    5432 kB\nThreads:\t4\n";
        assert_eq!(resident_bytes_in(status), Some(5432 * 1024));
        assert_eq!(resident_bytes_in("Name:\tother\n"), None);
        assert_eq!(resident_bytes_in("VmRSS:\t5 pages\n"), None);
    }
}
