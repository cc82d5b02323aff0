//! Places in a walk through a segment.

use std::fmt;
use std::str::FromStr;

use segmentation_lib::store::RunId;

use crate::answer::Run;
use crate::error::{ApiError, Code, excerpt};

/// In place of a segment's id, which is 1 or more.
pub(super) const EVERY_SEGMENT: u16 = 0;

/// How many customers a walk through the segment passes.
pub(super) fn count(run: &Run, segment_id: u16) -> usize {
    match segment_id {
        EVERY_SEGMENT => run.manifest().customers as usize,
        id => run.members(id).len(),
    }
}

/// Which customers are walked through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Walk {
    /// The segment, or [`EVERY_SEGMENT`].
    pub segment_id: u16,
    /// Whether borderline customers are passed over and not counted.
    pub confident: bool,
}

impl Walk {
    /// Through all members of a segment.
    pub fn through(segment_id: u16) -> Self {
        Self { segment_id, confident: false }
    }
}

/// The place before the member at `position`: `<run id>.<segment id>.<position>`. Where borderline customers are not
/// counted a `c` stands behind the segment's id: a place of the one walk is none of the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    run_id: RunId,
    walk: Walk,
    position: usize,
}

impl Cursor {
    /// A place in this run.
    pub(super) fn at(run: &Run, walk: Walk, position: usize) -> String {
        format!("{}.{walk}.{position}", run.run_id())
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.run_id, self.walk, self.position)
    }
}

impl fmt::Display for Walk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.segment_id, if self.confident { "c" } else { "" })
    }
}

impl FromStr for Cursor {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        // A run id has no dot.
        let [run_id, walk, position] = text.split('.').collect::<Vec<_>>()[..] else { return Err(()) };
        let confident = walk.strip_suffix('c');
        let segment_id = confident.unwrap_or(walk).parse().map_err(drop)?;
        let cursor = Self {
            run_id: run_id.parse().map_err(drop)?,
            walk: Walk { segment_id, confident: confident.is_some() },
            position: position.parse().map_err(drop)?,
        };
        // One place has one cursor: no sign, no leading zero.
        if cursor.to_string() == text { Ok(cursor) } else { Err(()) }
    }
}

/// The position in a cursor of this run and walk.
pub(super) fn position(run: &Run, walk: Walk, text: &str) -> Result<usize, ApiError> {
    let invalid = || {
        let (segment_id, whose) =
            (walk.segment_id, if walk.confident { " without borderline customers" } else { "" });
        let detail =
            format!("{} is not a cursor of segment {segment_id}{whose}; use it as given", excerpt(text));
        run.problem(Code::InvalidCursor, detail)
    };
    let cursor: Cursor = text.parse().map_err(|()| invalid())?;
    if cursor.run_id.as_str() != run.run_id() {
        let (before, now) = (&cursor.run_id, run.run_id());
        let detail = format!("the cursor is of run {before}, served is {now}; start again without a cursor");
        return Err(run.problem(Code::CursorExpired, detail));
    }
    let fits = cursor.walk == walk && cursor.position <= count(run, walk.segment_id);
    if fits { Ok(cursor.position) } else { Err(invalid()) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_cursor_is_read_back(run in "[A-Za-z0-9_-]{1,64}", segment_id: u16, confident: bool, position: usize) {
            let walk = Walk { segment_id, confident };
            let text = format!("{run}.{walk}.{position}");
            let cursor: Cursor = text.parse().expect("a cursor");
            prop_assert_eq!((cursor.walk, cursor.position), (walk, position));
            prop_assert_eq!(cursor.to_string(), text);
        }

        #[test]
        fn whatever_is_read_is_written_the_same(text in "[A-Z0-9.+-]{0,40}|\\PC{0,40}") {
            if let Ok(cursor) = text.parse::<Cursor>() {
                prop_assert_eq!(cursor.to_string(), text);
            }
        }
    }
}
