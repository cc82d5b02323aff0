//! HTML for cell outputs.

use std::fmt::Write;

/// A fragment of HTML with its text for viewers that show no HTML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Html {
    html: String,
    text: String,
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

    /// HTML made elsewhere, whose values are escaped already.
    pub(super) fn raw(html: String, text: String) -> Self {
        Self { html, text }
    }

    /// A table. Columns named in `numbers` are aligned to the right; `note` stands below.
    pub(super) fn table(header: &[&str], numbers: &[usize], rows: &[Vec<String>], note: &str) -> Self {
        let side = |column: &usize| if numbers.contains(column) { "right" } else { "left" };
        let line = |tag: &str, cells: &mut dyn Iterator<Item = &str>| {
            let cells = cells.enumerate().map(|(i, cell)| {
                format!("<{tag} style=\"text-align:{}\">{}</{tag}>", side(&i), escape(cell))
            });
            format!("<tr>{}</tr>", cells.collect::<String>())
        };
        let mut html = String::from("<table><thead>");
        html += &line("th", &mut header.iter().copied());
        html += "</thead><tbody>";
        let mut text = header.join("\t");
        for row in rows {
            html += &line("td", &mut row.iter().map(String::as_str));
            let _ = write!(text, "\n{}", row.join("\t"));
        }
        html += "</tbody></table>";
        if !note.is_empty() {
            let _ = write!(html, "<p>{}</p>", escape(note));
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
}
