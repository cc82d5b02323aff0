//! Text columns of the rows kept, each distinct text once.
//!
//! A customer has many rows and a product many buyers: a row holds a code of four bytes instead of the
//! text, and grouping compares codes. The codes are Polars' categories, so an aggregation over these
//! columns reads like one over text.

use polars::chunked_array::builder::CategoricalChunkedBuilder;
use polars::prelude::*;

/// The canonical columns of text.
const COLUMNS: [&str; 4] = ["customer_id", PURCHASE, "product", "country"];

/// The one of them that has about as many distinct texts as there are lines.
const PURCHASE: &str = "purchase_id";

/// One body of codes for each column of text. All rows that are put together share it.
#[derive(Clone)]
pub(super) struct Codes {
    customer: DataType,
    purchase: DataType,
    product: DataType,
    country: DataType,
}

impl Codes {
    pub fn new() -> Self {
        let fresh = |column: &'static str| {
            DataType::from_categories(Categories::random(column.into(), CategoricalPhysical::U32))
        };
        let [customer, purchase, product, country] = COLUMNS.map(fresh);
        Self { customer, purchase, product, country }
    }

    /// These codes, with new ones for purchases: unlike customers and products they grow with the lines.
    pub fn with_new_purchases(&self) -> Self {
        Self { purchase: Self::new().purchase, ..self.clone() }
    }

    /// The texts of a table turned into codes, in the same columns.
    pub fn coded(&self, text: LazyFrame) -> LazyFrame {
        let kinds = [&self.customer, &self.purchase, &self.product, &self.country];
        text.with_columns(
            COLUMNS.into_iter().zip(kinds).map(|(name, kind)| code(name, kind)).collect::<Vec<_>>(),
        )
    }

    /// A table as files hold it: codes as whole numbers, purchases as text.
    pub fn as_numbers(mut coded: DataFrame) -> PolarsResult<DataFrame> {
        for name in COLUMNS {
            let column = coded.column(name)?;
            let plain = match name {
                PURCHASE => column.cast(&DataType::String)?,
                _ => column.to_physical_repr(),
            };
            coded.replace(name, plain)?;
        }
        Ok(coded)
    }

    /// A table that files hold, with its codes.
    pub fn of_numbers(&self, numbers: LazyFrame) -> LazyFrame {
        let kinds = [&self.customer, &self.product, &self.country];
        let names = COLUMNS.into_iter().filter(|name| *name != PURCHASE);
        numbers.with_columns(names.zip(kinds).map(|(name, kind)| recode(name, kind)).collect::<Vec<_>>())
    }
}

/// The texts of a column as codes.
fn code(name: &'static str, kind: &DataType) -> Expr {
    let (categories, own) = (kind.clone(), kind.clone());
    let read = move |texts: Column| {
        let mut codes = TextColumn::new(name, &categories, texts.len())?;
        texts.str()?.iter().try_for_each(|text| codes.push_option(text))?;
        Ok(codes.finish())
    };
    col(name).map(read, move |_, field| Ok(Field::new(field.name().clone(), own.clone())))
}

/// The whole numbers of a column as the codes they are.
fn recode(name: &'static str, kind: &DataType) -> Expr {
    let (categories, own) = (kind.clone(), kind.clone());
    let read = move |numbers: Column| {
        let codes = numbers.u32()?.clone();
        Ok(CategoricalChunked::<Categorical32Type>::from_cats_and_dtype(codes, categories.clone())
            .into_column())
    };
    col(name).map(read, move |_, field| Ok(Field::new(field.name().clone(), own.clone())))
}

/// Codes of short texts met lately, so that few values go to the table that all threads share.
struct Recent {
    slots: Vec<(ShortText, Option<CatSize>)>,
}

/// A text of four to eight bytes: its first and last four bytes, and its length.
type ShortText = (u32, u32, u8);

const SLOT_BITS: u32 = 11;

impl Recent {
    fn new() -> Self {
        Self { slots: vec![(ShortText::default(), None); 1 << SLOT_BITS] }
    }

    #[inline]
    fn short(text: &str) -> Option<ShortText> {
        let bytes = text.as_bytes();
        let (first, last) = (bytes.first_chunk()?, bytes.last_chunk()?);
        (bytes.len() <= 8).then(|| (u32::from_le_bytes(*first), u32::from_le_bytes(*last), bytes.len() as u8))
    }

    /// Where the code of a text is, if anywhere. The factor is 2^64 over the golden ratio (Knuth, The Art of
    /// Computer Programming, volume 3, section 6.4).
    #[inline]
    fn slot(&mut self, text: ShortText) -> &mut (ShortText, Option<CatSize>) {
        let both = u64::from(text.0) | u64::from(text.1) << 32;
        &mut self.slots[(both.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - SLOT_BITS)) as usize]
    }
}

/// A column of text while it grows.
pub(super) struct TextColumn {
    codes: CategoricalChunkedBuilder<Categorical32Type>,
    mapping: Arc<CategoricalMapping>,
    recent: Recent,
    /// The last text of another length: the same country stands in row after row.
    last: (String, Option<CatSize>),
}

impl TextColumn {
    fn new(name: &'static str, categories: &DataType, rows: usize) -> PolarsResult<Self> {
        let mut codes = CategoricalChunkedBuilder::new(name.into(), categories.clone());
        codes.reserve(rows);
        let mapping = categories.cat_mapping()?.clone();
        Ok(Self { codes, mapping, recent: Recent::new(), last: (String::new(), None) })
    }

    /// Fails beyond four billion distinct texts.
    #[inline]
    pub fn push(&mut self, text: &str) -> PolarsResult<()> {
        let code = match Recent::short(text) {
            Some(short) => self.short(short, text)?,
            None => self.other(text)?,
        };
        self.codes.append_cat(code, &self.mapping)
    }

    #[inline]
    fn short(&mut self, short: ShortText, text: &str) -> PolarsResult<CatSize> {
        let slot = self.recent.slot(short);
        match *slot {
            (known, Some(code)) if known == short => Ok(code),
            _ => {
                let code = self.mapping.insert_cat(text)?;
                *slot = (short, Some(code));
                Ok(code)
            }
        }
    }

    fn other(&mut self, text: &str) -> PolarsResult<CatSize> {
        match self.last.1 {
            Some(code) if self.last.0 == text => Ok(code),
            _ => {
                let code = self.mapping.insert_cat(text)?;
                self.last.0.clear();
                self.last.0.push_str(text);
                self.last.1 = Some(code);
                Ok(code)
            }
        }
    }

    #[inline]
    pub fn push_option(&mut self, text: Option<&str>) -> PolarsResult<()> {
        match text {
            Some(text) => self.push(text)?,
            None => self.codes.append_null(),
        }
        Ok(())
    }

    pub fn finish(self) -> Column {
        self.codes.finish().into_column()
    }
}

/// The columns of text of one chunk.
pub(super) struct TextColumns {
    pub customer: TextColumn,
    pub purchase: TextColumn,
    pub product: TextColumn,
    pub country: TextColumn,
}

impl TextColumns {
    pub fn new(codes: &Codes, rows: usize) -> PolarsResult<Self> {
        let [customer, purchase, product, country] = COLUMNS;
        Ok(Self {
            customer: TextColumn::new(customer, &codes.customer, rows)?,
            purchase: TextColumn::new(purchase, &codes.purchase, rows)?,
            product: TextColumn::new(product, &codes.product, rows)?,
            country: TextColumn::new(country, &codes.country, rows)?,
        })
    }
}

/// The codes of a table turned into text, in the same columns.
pub(super) fn decoded(coded: LazyFrame) -> LazyFrame {
    coded.with_columns(COLUMNS.map(|column| col(column).cast(DataType::String)))
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        /// Whatever the texts, short, long or alike, they read back.
        #[test]
        fn texts_read_back(texts in proptest::collection::vec(proptest::option::of("[ab\\x00é]{0,5}|[a-c]{7,12}"), 0..300)) {
            let mut columns = TextColumns::new(&Codes::new(), texts.len()).expect("categories");
            for text in &texts {
                columns.product.push_option(text.as_deref()).expect("room");
            }
            let frame = DataFrame::new_infer_height(vec![columns.product.finish()]).expect("one column");
            let text = frame.column("product").expect("there").cast(&DataType::String).expect("text");
            let read: Vec<Option<String>> =
                text.str().expect("text").iter().map(|text| text.map(str::to_owned)).collect();
            proptest::prop_assert_eq!(read, texts);
        }
    }
}
