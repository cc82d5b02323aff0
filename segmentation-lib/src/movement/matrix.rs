//! How many went from each segment to each other.

use std::collections::BTreeMap;

use super::{Movement, MovementError, Movements, Way};
use crate::record::NamedSegment;
use crate::store::{LogSegment, Store};

/// The movement between two runs, counted.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = MovementMatrix))]
pub struct Matrix {
    /// The segments of the earlier run, as they were called, by id.
    pub from: Vec<NamedSegment>,
    /// The segments of the later run by id.
    pub to: Vec<NamedSegment>,
    /// Every pair that somebody went, and those who stayed: the rows in the order of `from`, those who came last; the
    /// columns in the order of `to`, those who left last.
    pub cells: Vec<Cell>,
    /// Customers of the later run.
    pub customers: u64,
    /// Of these, those who are in another segment than before.
    pub moved: u64,
    /// Of these, those who were not in the earlier run.
    pub came: u64,
    /// Customers of the earlier run who are not in the later one.
    pub left: u64,
    /// Whether both runs have one model. Where not, only the segments' keys are compared, and a customer may have moved
    /// because the segments were fitted anew.
    pub same_model: bool,
}

/// Customers who went from one segment to another, or stayed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = MovementCell))]
pub struct Cell {
    /// Key of the segment before; none for those who came.
    pub from: Option<String>,
    /// Key of the segment now; none for those who left.
    pub to: Option<String>,
    /// How many.
    pub customers: u64,
}

impl Matrix {
    /// Counts the movements on a way. Who stayed follows from the sizes at its end, so that customers who were erased
    /// meanwhile are in no figure. Cost: linear in the changes on the way.
    ///
    /// # Errors
    /// The log cannot be read.
    pub fn of(store: &Store, way: &Way) -> Result<Self, MovementError> {
        let mut movements = Movements::open(store, way)?;
        let mut counts: BTreeMap<(Option<String>, Option<String>), u64> = BTreeMap::new();
        while let Some(Movement { from, to, .. }) = movements.next()? {
            let key =
                |segment: Option<std::sync::Arc<NamedSegment>>| segment.map(|segment| segment.key.clone());
            *counts.entry((key(from), key(to))).or_default() += 1;
        }
        let sum = |of: fn(&(Option<String>, Option<String>)) -> bool| -> u64 {
            counts.iter().filter(|(pair, _)| of(pair)).map(|(_, customers)| customers).sum()
        };
        let (moved, came, left) = (
            sum(|(from, to)| from.is_some() && to.is_some()),
            sum(|(from, _)| from.is_none()),
            sum(|(_, to)| to.is_none()),
        );
        for segment in &way.to.segments {
            let key = Some(segment.key.clone());
            let arrived: u64 =
                counts.iter().filter(|((_, to), _)| *to == key).map(|(_, customers)| customers).sum();
            counts.insert((key.clone(), key), segment.customers.saturating_sub(arrived));
        }
        counts.retain(|_, customers| *customers > 0);
        Ok(Self {
            cells: ordered(counts, way),
            from: way.from.segments.iter().map(named).collect(),
            to: way.to.segments.iter().map(named).collect(),
            customers: way.to.customers,
            moved,
            came,
            left,
            same_model: way.from.model == way.to.model,
        })
    }

    /// How many changed: as many as there are movements on the way.
    pub fn changes(&self) -> u64 {
        self.moved + self.came + self.left
    }

    /// How many went from one segment to the other; none stands for outside.
    pub fn customers(&self, from: Option<&str>, to: Option<&str>) -> u64 {
        let cell = self.cells.iter().find(|cell| cell.from.as_deref() == from && cell.to.as_deref() == to);
        cell.map_or(0, |cell| cell.customers)
    }
}

fn named(segment: &LogSegment) -> NamedSegment {
    NamedSegment { key: segment.key.clone(), name: segment.name.clone() }
}

/// By the place of the segments in their runs; outside comes last.
fn ordered(counts: BTreeMap<(Option<String>, Option<String>), u64>, way: &Way) -> Vec<Cell> {
    let place = |segments: &[LogSegment], key: &Option<String>| {
        let at = key.as_ref().and_then(|key| segments.iter().position(|segment| segment.key == *key));
        at.unwrap_or(segments.len() + usize::from(key.is_none()))
    };
    let mut cells: Vec<Cell> =
        counts.into_iter().map(|((from, to), customers)| Cell { from, to, customers }).collect();
    cells.sort_by_key(|cell| (place(&way.from.segments, &cell.from), place(&way.to.segments, &cell.to)));
    cells
}
