//! Rows of cells as CSV: exact for programs, or for people who open it in a spreadsheet.

use std::borrow::Cow;

use ::csv::{Writer, WriterBuilder};

use super::beside::Cell;
use super::{ExportParams, IN_MEMORY, Language, guarded};

/// End of the name of a column that holds money in pennies.
pub(super) const PENNIES: &str = "_pennies";

/// What a spreadsheet knows UTF-8 by.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// A column as its header and its cells need it.
#[derive(Debug, Clone)]
pub(super) struct Column {
    name: String,
    is_money: bool,
}

impl Column {
    /// A column that holds pennies where its name says so.
    pub fn of(name: &str) -> Self {
        Self { name: name.to_owned(), is_money: name.ends_with(PENNIES) }
    }

    /// A feature's column.
    pub fn of_feature(name: &str, is_money: bool) -> Self {
        Self { name: name.to_owned(), is_money }
    }
}

/// A CSV while it is written.
#[derive(Debug)]
pub(super) struct Csv {
    columns: Vec<Column>,
    header_is_due: bool,
    /// None where every value is exact.
    people: Option<ForPeople>,
}

impl Csv {
    /// Without a row.
    pub fn new(params: &ExportParams, columns: Vec<Column>, currency: Option<&str>) -> Self {
        let people = params.safe.then(|| ForPeople::of(params.language, currency));
        Self { columns, header_is_due: !params.continued, people }
    }

    /// The bytes of these rows, after those of what stands before them. Cost O(n).
    pub fn rows<'a, R: Iterator<Item = Cell<'a>>>(&mut self, rows: impl Iterator<Item = R>) -> Vec<u8> {
        let mut writer = self.begun();
        for row in rows {
            let mut cells = self.columns.iter().zip(row);
            let written = cells.try_for_each(|(column, cell)| match &self.people {
                None => writer.write_field(cell.text().as_ref()),
                Some(people) => writer.write_field(people.text(&cell, column.is_money).as_ref()),
            });
            written.and_then(|()| writer.write_record(None::<&[u8]>)).expect(IN_MEMORY);
        }
        writer.into_inner().expect(IN_MEMORY)
    }

    /// A writer that has written the header, where it is due.
    fn begun(&mut self) -> Writer<Vec<u8>> {
        let mut bytes = Vec::new();
        let header_is_due = std::mem::take(&mut self.header_is_due);
        if header_is_due && self.people.is_some() {
            bytes.extend_from_slice(BYTE_ORDER_MARK);
        }
        let separator = self.people.as_ref().map_or(b',', |people| people.separator());
        let mut writer = WriterBuilder::new().delimiter(separator).from_writer(bytes);
        if header_is_due {
            writer
                .write_record(self.columns.iter().map(|column| self.heading(column).into_owned()))
                .expect(IN_MEMORY);
        }
        writer
    }

    fn heading<'a>(&self, column: &'a Column) -> Cow<'a, str> {
        match &self.people {
            Some(people) if column.is_money => people.in_currency(&column.name).into(),
            _ => Cow::Borrowed(&column.name),
        }
    }
}

/// How people read figures and texts.
#[derive(Debug, Clone)]
pub(crate) struct ForPeople {
    language: Language,
    /// What money is counted in.
    unit: String,
}

impl ForPeople {
    /// In a language; without a currency money is in currency units.
    pub fn of(language: Language, currency: Option<&str>) -> Self {
        let unit = currency.unwrap_or(match language {
            Language::En => "currency units",
            Language::PtBr => "unidades monetárias",
        });
        Self { language, unit: unit.to_owned() }
    }

    /// The name of a column of money, with what the money is counted in.
    pub fn in_currency(&self, name: &str) -> String {
        format!("{} ({})", name.strip_suffix(PENNIES).unwrap_or(name), self.unit)
    }

    /// A spreadsheet in Portuguese takes a comma for the decimal sign.
    fn separator(&self) -> u8 {
        if self.language == Language::PtBr { b';' } else { b',' }
    }

    fn text<'a>(&self, cell: &'a Cell<'_>, is_money: bool) -> Cow<'a, str> {
        match cell {
            Cell::Text(text) => guarded(text),
            // A sheet's numbers are doubles: no amount of money is that large.
            Cell::Whole(pennies) if is_money => self.money(*pennies as f64),
            Cell::Double(pennies) if is_money => self.money(*pennies),
            Cell::Single(_) | Cell::Double(_) => self.number(&cell.text()),
            _ => cell.text(),
        }
    }

    fn money<'a>(&self, pennies: f64) -> Cow<'a, str> {
        self.number(&format!("{:.2}", pennies / 100.0))
    }

    fn number<'a>(&self, exact: &str) -> Cow<'a, str> {
        match self.language {
            Language::En => exact.to_owned().into(),
            Language::PtBr => exact.replace('.', ",").into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(safe: bool, language: Language, currency: Option<&str>) -> String {
        let params = ExportParams { safe, language, ..ExportParams::default() };
        let columns = vec![
            Column::of("customer_id"),
            Column::of("silhouette"),
            Column::of_feature("monetary", true),
            Column::of("value_pennies"),
        ];
        let row = || {
            [Cell::Text("=é;,".into()), Cell::Single(0.5), Cell::Double(408_518.0), Cell::Whole(-5)]
                .into_iter()
        };
        let bytes = Csv::new(&params, columns, currency).rows([row()].into_iter());
        String::from_utf8(bytes).expect("text")
    }

    #[test]
    fn programs_get_pennies_and_points() {
        let exact = "customer_id,silhouette,monetary,value_pennies\n\"=é;,\",0.5,408518,-5\n";
        assert_eq!(written(false, Language::PtBr, Some("GBP")), exact);
    }

    #[test]
    fn people_get_a_mark_and_money_in_its_currency() {
        let seen = written(true, Language::En, Some("GBP"));
        let expected =
            "\u{feff}customer_id,silhouette,monetary (GBP),value (GBP)\n\"'=é;,\",0.5,4085.18,-0.05\n";
        assert_eq!(seen, expected);
    }

    #[test]
    fn a_spreadsheet_in_portuguese_gets_its_separators() {
        let seen = written(true, Language::PtBr, None);
        let expected = "\u{feff}customer_id;silhouette;monetary (unidades monetárias);value (unidades monetárias)\n\
                        \"'=é;,\";0,5;4085,18;-0,05\n";
        assert_eq!(seen, expected);
    }
}
