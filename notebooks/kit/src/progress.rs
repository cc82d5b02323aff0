//! Progress of long work, told in the cell.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use segmentation_lib::progress::{Progress, Update};
use segmentation_lib::wording::{integer, percent};

/// How often long work says how far it is.
const PAUSE: Duration = Duration::from_secs(3);

/// Progress of long work in the cell: a line every three seconds at most, and none for short work.
pub fn progress() -> Progress {
    let last = Mutex::new(Instant::now());
    Progress::new(move |update| {
        // A poisoned lock only means that another thread stopped while it printed.
        let mut last = last.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if last.elapsed() >= PAUSE {
            *last = Instant::now();
            println!("{}", line(update));
        }
    })
}

/// The sign at the head of a line of progress; such lines are not kept in the committed notebooks.
const WORKING: &str = "…";

fn line(update: Update) -> String {
    match update.total.filter(|&total| total > 0) {
        Some(total) => format!("{WORKING} {}: {}", update.stage, percent(update.done as f64 / total as f64)),
        None => format!("{WORKING} {}: {}", update.stage, integer(update.done)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_says_stage_and_share() {
        assert_eq!(line(Update { stage: "ward", done: 1, total: Some(4) }), "… ward: 25.0 %");
        assert_eq!(line(Update { stage: "read", done: 1234, total: None }), "… read: 1,234");
    }
}
