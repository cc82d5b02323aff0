//! What is paid for before it is sent.

use std::sync::Arc;
use std::time::Instant;

use super::{Outcome, Visit};
use crate::error::ApiError;
use crate::keys::Key;

/// Customers of a large piece that are in one line of the audit: others are answered between two lines.
const CUSTOMERS_A_LINE: usize = 1024;

/// Ids that were paid for and are not sent yet; dropping it gives them back.
#[derive(Debug)]
pub struct Paid {
    key: Option<Arc<Key>>,
    ids: u64,
}

impl Paid {
    /// How many.
    pub fn ids(&self) -> u64 {
        self.ids
    }

    /// Both together.
    pub fn and(mut self, mut other: Self) -> Self {
        self.ids += std::mem::take(&mut other.ids);
        self
    }

    /// All but so many were sent.
    pub fn leave(&mut self, ids: u64) {
        self.ids = ids;
    }

    /// All were sent.
    pub fn sent(mut self) {
        self.leave(0);
    }
}

impl Drop for Paid {
    fn drop(&mut self) {
        if let Some(key) = &self.key {
            key.rate.give_back(self.ids);
        }
    }
}

impl Visit {
    /// Takes `ids` from the key's limit and waits until they may be sent: a stream is slowed to the limit. When
    /// the client leaves before they are sent, they are given back.
    pub async fn pay(&self, ids: usize) -> Result<Paid, ApiError> {
        // Others are answered between two pieces.
        tokio::task::yield_now().await;
        let mut paid = Paid { key: self.0.key.clone(), ids: 0 };
        let Some(key) = self.key() else { return Ok(paid) };
        paid.ids = (ids as u64).saturating_sub(self.0.prepaid.take());
        let wait = key.rate.spend_in_time(paid.ids, Instant::now());
        actix_web::rt::time::sleep(wait).await;
        self.check_key()?;
        Ok(paid)
    }

    /// The same for a piece that may be larger than a minute's worth: the key's other requests find their part of the
    /// limit meanwhile.
    pub async fn pay_evenly(&self, ids: usize) -> Result<Paid, ApiError> {
        let mut all = Paid { key: self.0.key.clone(), ids: 0 };
        let mut left = ids;
        while left > 0 {
            let portion = self.portion(left);
            all = all.and(self.pay(portion).await?);
            left -= portion;
        }
        Ok(all)
    }

    /// Gives back the id that the gate has taken: the answer gives nothing out.
    pub fn give_back_prepaid(&self) {
        self.0.free.set(true);
        let ids = self.0.prepaid.take();
        drop(Paid { key: self.0.key.clone(), ids });
    }

    /// Writes down the customers of a large piece before they are sent.
    pub async fn write_down_all<'a>(&self, ids: impl Iterator<Item = &'a str>) -> Result<(), ApiError> {
        for (index, id) in ids.enumerate() {
            if index > 0 && index % CUSTOMERS_A_LINE == 0 {
                self.write_down()?;
                tokio::task::yield_now().await;
            }
            self.note(Outcome::Found, id);
        }
        Ok(self.write_down()?)
    }
}
