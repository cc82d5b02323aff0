//! HTML for cell outputs.

use std::fmt::Write;

use segmentation_lib::wording::tables::Table;

use super::language::{figure, term};

/// A fragment of HTML with its text for viewers that show no HTML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Html {
    html: String,
    text: String,
}

/// A value in a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cell {
    text: String,
    bar: Option<String>,
}

impl Cell {
    /// A value alone.
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), bar: None }
    }

    /// A value and a bar of characters, which stay where a viewer strips styles.
    pub(super) fn with_bar(text: String, bar: String) -> Self {
        Self { text, bar: Some(bar) }
    }

    fn html(&self) -> String {
        match &self.bar {
            Some(bar) => format!(
                "<span style=\"white-space:nowrap\">{} <span style=\"color:#0072B2;display:inline-block;\
                 width:6.5em;text-align:left\">{bar}</span></span>",
                escape(&self.text)
            ),
            None => escape(&self.text),
        }
    }

    fn plain(&self) -> String {
        self.bar.as_ref().map_or(self.text.clone(), |bar| format!("{} {bar}", self.text))
    }
}

impl Html {
    /// Called by the kernel for the last value of a cell.
    pub fn evcxr_display(&self) {
        println!("EVCXR_BEGIN_CONTENT text/html\n{}\nEVCXR_END_CONTENT", self.html);
        println!("EVCXR_BEGIN_CONTENT text/plain\n{}\nEVCXR_END_CONTENT", self.text);
    }

    /// The HTML.
    pub fn html(&self) -> &str {
        &self.html
    }

    /// The text for viewers that show no HTML.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// HTML made elsewhere, whose values are escaped already.
    pub(super) fn raw(html: String, text: String) -> Self {
        Self { html, text }
    }

    /// A table of texts. Columns named in `numbers` are aligned to the right; `note` stands below.
    pub(super) fn table(header: &[&str], numbers: &[usize], rows: &[Vec<String>], note: &str) -> Self {
        let rows: Vec<Vec<Cell>> = rows.iter().map(|row| row.iter().map(Cell::text).collect()).collect();
        Self::cells(header, numbers, &rows, note)
    }

    /// A table that the command line draws too; `note` stands below.
    pub(super) fn drawn(table: &Table, note: &str) -> Self {
        let header: Vec<&str> = table.header.iter().map(String::as_str).collect();
        let said = |(column, text): (usize, &String)| match term(text) {
            word if word != *text => word.into_owned(),
            _ if table.numbers.contains(&column)
                || text.chars().all(|c| c.is_ascii_digit() || " .".contains(c)) =>
            {
                figure(text)
            }
            _ => text.clone(),
        };
        let rows: Vec<Vec<String>> =
            table.rows.iter().map(|row| row.iter().enumerate().map(said).collect()).collect();
        Self::table(&header, &table.numbers, &rows, note)
    }

    /// Parts one below the other, each under its title.
    pub(super) fn titled(parts: &[(&str, Html)]) -> Self {
        let html = parts.iter().map(|(title, part)| format!("<h4>{}</h4>{}", escape(title), part.html));
        let text: Vec<String> = parts.iter().map(|(title, part)| format!("{title}\n{}", part.text)).collect();
        Self { html: html.collect(), text: text.join("\n\n") }
    }

    /// A table, as [`Html::table`]. Names of columns are terms.
    pub(super) fn cells(header: &[&str], numbers: &[usize], rows: &[Vec<Cell>], note: &str) -> Self {
        let side = |column: &usize| if numbers.contains(column) { "right" } else { "left" };
        let line = |tag: &str, cells: &mut dyn Iterator<Item = String>| {
            let cells = cells
                .enumerate()
                .map(|(i, cell)| format!("<{tag} style=\"text-align:{}\">{cell}</{tag}>", side(&i)));
            format!("<tr>{}</tr>", cells.collect::<String>())
        };
        let header: Vec<_> = header.iter().map(|name| term(name)).collect();
        let mut html = String::from("<table><thead>");
        html += &line("th", &mut header.iter().map(|name| escape(name)));
        html += "</thead><tbody>";
        let mut text = header.join("\t");
        for row in rows {
            html += &line("td", &mut row.iter().map(Cell::html));
            let _ = write!(text, "\n{}", row.iter().map(Cell::plain).collect::<Vec<_>>().join("\t"));
        }
        html += "</tbody></table>";
        if !note.is_empty() {
            let _ = write!(html, "<p>{}</p>", escape(note));
            let _ = write!(text, "\n{note}");
        }
        Self { html, text }
    }
}

/// Text as HTML shows it literally.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_cannot_bring_markup() {
        let table = Html::table(&["id"], &[], &[vec!["<script>".to_owned()]], "a & b");
        assert!(table.html().contains("<td style=\"text-align:left\">&lt;script&gt;</td>"));
        assert!(table.html().ends_with("<p>a &amp; b</p>"));
    }

    #[test]
    fn a_note_stands_below_in_both_forms() {
        let table = Html::table(&["a", "b"], &[1], &[vec!["x".to_owned(), "1".to_owned()]], "one of two");
        assert_eq!(table.text(), "a\tb\nx\t1\none of two");
        assert!(table.html().contains("<td style=\"text-align:right\">1</td>"));
    }
}
