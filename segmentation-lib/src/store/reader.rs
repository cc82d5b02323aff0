//! Reading a run: copy, verify, open, hand out.

use std::fmt::Display;

use super::Store;
use super::block::Block;
use super::checksums;
use super::database::Database;
use super::error::{Damage, StoreError};
use super::scratch::Scratch;
use crate::record::RunId;
use crate::record::{
    Assignment, Changes, CoAssignment, ContentDigest, Forecasts, HeldOut, Manifest, PackedForecasts, Rfm,
    Segment, Snapshot, VOCABULARY_BLOCK,
};

/// A run opened for reading. Nothing of it is to be trusted before [`OpenRun::read`] ended well.
#[derive(Debug)]
pub struct OpenRun {
    run_id: RunId,
    // Before the scratch directory: sled closes first.
    database: Database,
    scratch: Scratch,
}

impl OpenRun {
    pub(super) fn open(store: &Store, run_id: &RunId) -> Result<Self, StoreError> {
        let dir = store.existing(run_id)?;
        let scratch = Scratch::new()?;
        checksums::copy_verified(run_id, &dir, &scratch.path())?;
        let database = Database::open(run_id, &scratch.path())?;
        Ok(Self { run_id: run_id.clone(), database, scratch })
    }

    /// The manifest, whose files' checksums were verified.
    pub fn manifest(&self) -> &Manifest {
        &self.database.manifest
    }

    /// The segments, whose files' checksums were verified.
    pub fn segments(&self) -> &[Segment] {
        &self.database.segments
    }

    /// Hands every block to `each`, in ascending order of customer id, and verifies the number of
    /// customers and the content's digest. Cost O(n); memory is one block beside sled's cache.
    pub fn read(self, mut each: impl FnMut(Block)) -> Result<(Manifest, Vec<Segment>), StoreError> {
        let mut digest = ContentDigest::new(self.manifest(), self.segments());
        let mut customers = 0;
        for block in self.database.blocks(&self.scratch.path()) {
            let block = block?;
            customers += block.len() as u64;
            for row in block.rows() {
                digest.add(row.id, row.segment_id, row.silhouette, row.features);
            }
            each(block);
        }
        self.verify(customers, digest.finish())?;
        let Database { manifest, segments, .. } = self.database;
        Ok((manifest, segments))
    }

    /// The rule view, verified; none where the run has none. Nobody else need read its bytes. Cost O(n).
    pub fn rfm(&self) -> Result<Option<Rfm>, StoreError> {
        let Some(bytes) = self.database.optional_block(&self.scratch.path(), Rfm::BLOCK)? else {
            return Ok(None);
        };
        let customers = self.manifest().customers as usize;
        Rfm::decode(&bytes, customers).map(Some).map_err(|error| self.undecodable(Rfm::BLOCK, error))
    }

    /// Every customer's forecast, verified; none where the run has none. Cost O(n).
    pub fn forecasts(&self) -> Result<Option<PackedForecasts>, StoreError> {
        let Some(bytes) = self.database.optional_block(&self.scratch.path(), Forecasts::BLOCK)? else {
            return Ok(None);
        };
        let customers = self.manifest().customers as usize;
        let forecasts = PackedForecasts::new(&bytes, customers);
        forecasts.map(Some).map_err(|error| self.undecodable(Forecasts::BLOCK, error))
    }

    /// Who changed segment since the run before, verified; none where nobody did. Cost O(m) for m changes.
    pub fn changes(&self) -> Result<Option<Changes>, StoreError> {
        let bytes = self.database.optional_block(&self.scratch.path(), Changes::BLOCK)?;
        let changes = bytes.map(|bytes| Changes::decode(&bytes)).transpose();
        changes.map_err(|error| self.undecodable(Changes::BLOCK, error))
    }

    /// Who is held out, verified; none where nobody is. Cost O(n).
    pub fn held_out(&self) -> Result<Option<HeldOut>, StoreError> {
        let Some(bytes) = self.database.optional_block(&self.scratch.path(), HeldOut::BLOCK)? else {
            return Ok(None);
        };
        let customers = self.manifest().customers as usize;
        HeldOut::decode(&bytes, customers).map(Some).map_err(|error| self.undecodable(HeldOut::BLOCK, error))
    }

    /// How often each customer is placed alike under resampling, verified; none where that was not measured. Cost O(n).
    pub fn co_assignment(&self) -> Result<Option<CoAssignment>, StoreError> {
        let Some(bytes) = self.database.optional_block(&self.scratch.path(), CoAssignment::BLOCK)? else {
            return Ok(None);
        };
        let customers = self.manifest().customers as usize;
        let found = CoAssignment::decode(&bytes, customers);
        found.map(Some).map_err(|error| self.undecodable(CoAssignment::BLOCK, error))
    }

    /// The text of the vocabulary that gave the names, verified; none for the bundled one.
    pub fn vocabulary(&self) -> Result<Option<String>, StoreError> {
        let bytes = self.database.optional_block(&self.scratch.path(), VOCABULARY_BLOCK)?;
        let text = bytes.map(String::from_utf8).transpose();
        text.map_err(|error| self.undecodable(VOCABULARY_BLOCK, error))
    }

    fn undecodable(&self, block: &str, error: impl Display) -> StoreError {
        let damage = Damage::Decode { key: block.to_owned(), reason: error.to_string() };
        StoreError::damaged(&self.run_id, damage)
    }

    fn verify(&self, seen: u64, digest: String) -> Result<(), StoreError> {
        let Manifest { customers, content_sha256, .. } = self.manifest();
        if seen != *customers {
            return Err(StoreError::damaged(&self.run_id, Damage::Customers { seen, expected: *customers }));
        }
        if digest != *content_sha256 {
            let what = Damage::Content { seen: digest, expected: content_sha256.clone() };
            return Err(StoreError::damaged(&self.run_id, what));
        }
        Ok(())
    }

    pub(super) fn into_snapshot(self) -> Result<Snapshot, StoreError> {
        let mut assignments = Vec::new();
        let (rfm, forecasts) = (self.rfm()?, self.forecasts()?);
        let (vocabulary, changes) = (self.vocabulary()?, self.changes()?);
        let (held_out, co_assignment) = (self.held_out()?, self.co_assignment()?);
        let (manifest, segments) = self.read(|block| {
            assignments.extend(block.rows().map(|row| Assignment {
                customer_id: row.id.to_owned(),
                segment_id: row.segment_id,
                silhouette: row.silhouette,
                features: row.features.to_vec(),
            }));
        })?;
        Ok(Snapshot {
            manifest,
            segments,
            assignments,
            rfm,
            forecasts: forecasts.map(|packed| packed.unpacked()),
            held_out,
            co_assignment,
            vocabulary,
            changes,
        })
    }
}
