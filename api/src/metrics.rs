//! What the service counts of itself, in Prometheus' text format.

use actix_web::http::Method;
use prometheus::{
    Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
    TextEncoder,
};

use crate::follow::FollowMetrics;
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
        let all: [Box<dyn prometheus::core::Collector>; 10] = [
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
        for collector in all {
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
    pub fn text(
        &self,
        published: &Published,
        follow: Option<&FollowMetrics>,
    ) -> Result<String, prometheus::Error> {
        let run = published.run();
        self.run.reset();
        self.ready.set(i64::from(run.is_some()));
        if let Some(run) = run {
            self.describe(&run);
        }
        self.resident_bytes.set(resident_bytes());
        let mut families = self.registry.gather();
        families.extend(follow.map(FollowMetrics::gather).unwrap_or_default());
        TextEncoder::new().encode_to_string(&families)
    }

    fn describe(&self, table: &Table) {
        let manifest = table.manifest();
        self.run.with_label_values(&[table.run_id()]).set(1);
        self.created.set(table.created_at().unwrap_or(0));
        self.until.set(seconds(&manifest.source.last_transaction));
        self.customers.set(manifest.customers as i64);
        self.table_bytes.set(table.bytes() as i64);
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
