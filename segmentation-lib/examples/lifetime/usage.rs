//! What the work takes: time by the clock, time of the processors, memory. The last two as Linux tells them.

use std::time::Instant;

/// Clock ticks a second in /proc, fixed on Linux.
const TICKS: f64 = 100.0;

/// Runs from its start.
pub struct Watch {
    started: Instant,
    processor: Option<f64>,
}

impl Watch {
    pub fn start() -> Self {
        Self { started: Instant::now(), processor: processor_seconds() }
    }

    /// Seconds by the clock, and of all processors in the program and for it in the system.
    pub fn seconds(&self) -> (f64, Option<f64>) {
        let processor = processor_seconds().zip(self.processor).map(|(now, then)| now - then);
        (self.started.elapsed().as_secs_f64(), processor)
    }
}

fn processor_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name, in brackets, may hold spaces; utime and stime are the 12th and 13th field after it.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks: f64 = fields.get(11..13)?.iter().filter_map(|f| f.parse::<f64>().ok()).sum();
    Some(ticks / TICKS)
}

/// The most memory the program has held, customers included.
pub fn peak_megabytes() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: f64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kilobytes / 1024.0)
}
