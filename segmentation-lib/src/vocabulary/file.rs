//! The file as it is written, before it is checked. Values carry their places, so that errors can name lines.

use serde::Deserialize;
use toml::Spanned;

/// A text with its place.
pub(super) type Text = Spanned<String>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub habits: Habits,
    pub segments: Vec<Segment>,
    #[serde(default)]
    pub outlook: Vec<Outlook>,
    pub qualifiers: Qualifiers,
    pub rfm: Rfm,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Habits {
    pub returning: Spanned<u32>,
    pub regular: Spanned<u32>,
    pub core: Spanned<u32>,
    pub devoted: Spanned<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Segment {
    pub key: Text,
    pub states: Vec<Text>,
    pub habits: Vec<Text>,
    pub first_purchase_within_days: Option<u32>,
    pub en: Option<Texts>,
    pub pt_br: Option<Texts>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Outlook {
    pub key: Text,
    pub alive_from: Option<f64>,
    pub expected_from: Option<f64>,
    pub en: Option<Texts>,
    pub pt_br: Option<Texts>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct Texts {
    pub name: Option<Text>,
    pub description: Option<Text>,
    pub action: Option<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Qualifiers {
    pub spend: Spend,
    pub median: Medians,
    pub number: Both,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Spend {
    pub high: Both,
    pub above: Both,
    pub below: Both,
    pub low: Both,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Medians {
    pub recency: Both,
    pub frequency: Both,
    pub monetary: Both,
    pub tenure: Both,
}

/// One text in both languages.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Both {
    pub en: Text,
    pub pt_br: Text,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rfm {
    pub grid: Grid,
    pub groups: Vec<Group>,
}

/// One row a recency score; columns are the mean of the frequency and the monetary score.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Grid {
    pub r5: Spanned<Vec<Text>>,
    pub r4: Spanned<Vec<Text>>,
    pub r3: Spanned<Vec<Text>>,
    pub r2: Spanned<Vec<Text>>,
    pub r1: Spanned<Vec<Text>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Group {
    pub key: Text,
    pub en: Option<Texts>,
    pub pt_br: Option<Texts>,
}
