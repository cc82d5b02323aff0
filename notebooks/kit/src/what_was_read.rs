//! What was read of the files, for a reader who knows them.

use segmentation_lib::transactions::{Transactions, TransactionsError};

use super::html::Html;
use super::language::{localized, pick, term};
use super::tables::{decisions, role_of};

/// Customers that are shown.
const SAMPLE: usize = 5;

/// The columns and their roles, what was decided and why, warnings, and five customers to compare with the source: as
/// `segment check` prints it beside the ledger, which is [`crate::ledger`].
///
/// # Errors
/// A failure of the table of transactions.
pub fn check(transactions: &Transactions) -> Result<Html, TransactionsError> {
    Ok(Html::titled(&[
        (pick("Colunas e seus papéis", "Columns and their roles"), columns(transactions)),
        (pick("Decisões", "Decisions"), decisions(transactions)),
        (pick("Avisos", "Warnings"), warnings(transactions)),
        (
            pick("Clientes para comparar com a fonte", "Customers to compare with the source"),
            sample(transactions)?,
        ),
    ]))
}

fn columns(transactions: &Transactions) -> Html {
    let mut rows = Vec::new();
    for table in transactions.tables() {
        let role =
            |(role, column): (&&str, &String)| [&table.place, column, role_of(role)].map(str::to_owned);
        rows.extend(table.roles.iter().map(role).map(Vec::from));
        let unused = |column: &String| [table.place.as_str(), column, &term("not used")].map(str::to_owned);
        rows.extend(table.unused.iter().map(unused).map(Vec::from));
    }
    Html::table(&["table", "column", "role"], &[], &rows, "")
}

fn warnings(transactions: &Transactions) -> Html {
    let rows: Vec<Vec<String>> =
        transactions.warnings().iter().map(|w| vec![localized(&w.text).to_owned()]).collect();
    Html::table(
        &["what a reader should know"],
        &[],
        &rows,
        if rows.is_empty() { pick("nenhum", "none") } else { "" },
    )
}

fn sample(transactions: &Transactions) -> Result<Html, TransactionsError> {
    let rows = transactions.sample(SAMPLE)?.into_iter().map(|customer| customer.cells().to_vec());
    let header = ["customer", "purchases", "rows", "money", "first", "last"];
    Ok(Html::table(&header, &[1, 2, 3], &rows.collect::<Vec<_>>(), ""))
}

#[cfg(test)]
mod tests {
    use segmentation_lib::progress::Progress;
    use segmentation_lib::transactions::{ReadOptions, read};

    use super::*;
    use crate::language::{Language, within};
    use crate::tables::ledger;

    fn orders() -> Transactions {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("orders.csv");
        let text = "customer,date,amount,status,note\nana,2026-01-05,10.00,paid,x\nbia,2026-01-06,20.00,layaway,y\n\
                    guest,2026-01-07,5.00,paid,z\ncai,2026-01-08,9.00,cancelled,w\n";
        std::fs::write(&file, text).expect("written");
        read(&[file], &ReadOptions::default(), &Progress::silent()).expect("read")
    }

    #[test]
    fn a_portuguese_report_says_in_portuguese_what_was_read() {
        let shown = within(Language::PtBr, || check(&orders())).expect("shown");
        for line in [
            "orders.csv\tstatus\tsituação",
            "colunas\torders.csv (separado por ','): cliente = customer, data = date",
            "compras\torders.csv: nenhuma coluna é a fatura; cada dia de um cliente é uma compra",
            "situação\tstatus: \"cancelled\" não são venda: 1 linha com 9,00",
        ] {
            assert!(shown.text().contains(line), "{line} is not in {}", shown.text());
        }
        let ledger = within(Language::PtBr, || ledger(&orders()));
        assert!(ledger.text().contains("cliente fictício\t1\t"), "{}", ledger.text());
    }

    #[test]
    fn columns_decisions_warnings_and_customers_are_shown_and_the_ledger_has_its_own_place() {
        let shown = check(&orders()).expect("shown");
        for line in [
            "Columns and their roles\n",
            "orders.csv\tstatus\tstatus",
            "orders.csv\tnote\tnot used",
            "\"layaway\"",
            "ana\t1\t1\t10.00\t2026-01-05\t2026-01-05",
        ] {
            assert!(shown.text().contains(line), "{line} is not in {}", shown.text());
        }
        assert!(shown.html().contains("<h4>Warnings</h4>"));
        assert!(!shown.text().contains("placeholder_customer\t1\t"), "{}", shown.text());
    }
}
