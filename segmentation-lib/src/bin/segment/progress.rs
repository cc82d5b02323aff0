//! Progress bars on standard error, and Ctrl-C.

use std::io::IsTerminal;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use segmentation_lib::progress::{Progress, Update};

use crate::args::Global;
use crate::failure::{Result, failed};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Bars on a terminal, nothing elsewhere. Ctrl-C asks the work to stop at its next safe point, and a
/// second one ends the program at once, which no stage minds: publishing is a single rename.
pub fn start(global: &Global) -> Result<Progress> {
    let progress = if global.quiet || !std::io::stderr().is_terminal() {
        Progress::silent()
    } else {
        let bars = Mutex::new(Bars::default());
        Progress::new(move |update| {
            if let Ok(mut bars) = bars.lock() {
                bars.show(update);
            }
        })
    };
    let cancel = progress.clone();
    let handler = move || {
        if INTERRUPTED.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
        cancel.cancel();
    };
    ctrlc::set_handler(handler).map_err(failed("cannot listen for Ctrl-C"))?;
    Ok(progress)
}

/// One bar, of the stage that reports.
#[derive(Default)]
struct Bars {
    stage: &'static str,
    bar: Option<ProgressBar>,
}

impl Bars {
    fn show(&mut self, update: Update) {
        if self.bar.is_none() || self.stage != update.stage {
            if let Some(bar) = self.bar.take() {
                bar.finish_and_clear();
            }
            self.stage = update.stage;
            self.bar = Some(bar(update));
        }
        if let Some(bar) = &self.bar {
            bar.set_position(update.done);
            if update.total.is_some_and(|total| update.done >= total) {
                bar.finish_and_clear();
            }
        }
    }
}

fn bar(update: Update) -> ProgressBar {
    let (bar, template) = match update.total {
        Some(total) => (ProgressBar::new(total), "{msg:12} {wide_bar} {percent:>3} % {eta:>4}"),
        None => (ProgressBar::new_spinner(), "{msg:12} {spinner} {human_pos} {elapsed}"),
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.set_message(update.stage);
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
