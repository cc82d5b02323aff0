//! What products are called beside their codes.

use std::collections::HashMap;

use foldhash::fast::FixedState;

/// Longest description that is kept, in bytes: a longer one is a text and no name.
const LONGEST: usize = 120;

/// Description by product: that of the first row that sells it with one. Memory: a text for each product.
#[derive(Debug, Clone, Default)]
pub(super) struct Descriptions(HashMap<String, String, FixedState>);

impl Descriptions {
    /// Keeps what a product is called, unless an earlier row said it.
    #[inline]
    pub fn note<'a>(&mut self, product: &str, description: impl FnOnce() -> Option<&'a str>) {
        if self.0.contains_key(product) {
            return;
        }
        if let Some(description) = description().filter(|text| is_name(text, product)) {
            self.0.insert(product.to_owned(), description.to_owned());
        }
    }

    /// Adds those of later rows.
    pub fn append(&mut self, later: Self) {
        later.0.into_iter().for_each(|(product, description)| {
            self.0.entry(product).or_insert(description);
        });
    }

    /// What a product is called.
    pub fn of(&self, product: &str) -> Option<&str> {
        self.0.get(product).map(String::as_str)
    }
}

/// Whether a text says more than the code.
fn is_name(text: &str, product: &str) -> bool {
    text.len() <= LONGEST && text != product && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_row_that_says_a_name_is_believed() {
        let mut first = Descriptions::default();
        let long = "x".repeat(LONGEST + 1);
        for said in
            [None, Some("22423"), Some(long.as_str()), Some("two\nlines"), Some("CAKESTAND"), Some("?")]
        {
            first.note("22423", || said);
        }
        let mut later = Descriptions::default();
        later.note("22423", || Some("damaged"));
        later.note("85123A", || Some("WHITE HANGING HEART"));
        first.append(later);
        let seen = ["22423", "85123A", "POST"].map(|product| first.of(product));
        assert_eq!(seen, [Some("CAKESTAND"), Some("WHITE HANGING HEART"), None]);
    }
}
