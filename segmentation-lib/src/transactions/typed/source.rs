//! The table `source` that the cleaning text reads: typed columns by role.
//!
//! Texts are what [`super::super::field`] makes of them, money is the exact decimal of [`super::super::number`]: the
//! same code as for rows, run over columns.

use polars::io::RowIndex;
use polars::prelude::*;
use polars::sql::SQLContext;

use super::super::date::DAY_MS;
use super::super::mapping::Role;
use super::super::placeholder::IdFlaw;
use super::super::plan::Plan;
use super::super::rules::{is_no_product, is_non_product};
use super::super::sum_words::is_called_a_sum;
use super::columns::{days, flaws, letters, marked, moment_type, moments, pennies, signs, texts, units};
use super::progress::RowProgress;
use super::table::Table;

/// What a table holds of the roles that the text asks for.
pub(super) struct Source<'a> {
    table: &'a Table<'a>,
    money: Money,
    stock_codes: bool,
    words_name_no_product: bool,
    /// In milliseconds.
    latest: i64,
    /// From, and until before, in milliseconds.
    plausible: (i64, i64),
    /// Further product codes that are no products.
    further: Vec<String>,
}

/// What the money of a row is made of.
#[derive(Clone, Copy, PartialEq)]
enum Money {
    None,
    Amount,
    Priced,
}

fn none() -> Expr {
    lit(NULL).cast(DataType::Int64)
}

fn instant(milliseconds: i64) -> Expr {
    lit(milliseconds).cast(DataType::Int64).cast(moment_type())
}

impl<'a> Source<'a> {
    pub fn of(table: &'a Table<'a>, plan: &Plan<'_>) -> Self {
        let money = match (plan.has_money, plan.has_amount) {
            (false, _) => Money::None,
            (true, true) => Money::Amount,
            (true, false) => Money::Priced,
        };
        let (first, last) = plan.conventions.plausible.unwrap_or_default();
        Self {
            table,
            money,
            stock_codes: plan.stock_codes,
            words_name_no_product: plan.words_name_no_product,
            latest: plan.latest,
            plausible: (first * DAY_MS, (last + 1) * DAY_MS),
            further: plan.rules.non_product_codes.clone(),
        }
    }

    /// So many rows of the table from `first` on; they are told to `progress` as they come.
    fn frame(&self, (first, rows): (usize, usize), progress: RowProgress) -> PolarsResult<LazyFrame> {
        let index = self.unused_name();
        let scanned = self.table.scanned(Some(RowIndex { name: index.clone(), offset: 0 }))?;
        let scanned = scanned.slice(first as i64, rows as IdxSize);
        let customer = self.column(Role::Customer).unwrap_or_else(|| lit(NULL));
        let columns = scanned.select([
            col(index).cast(DataType::UInt64).alias("row_number"),
            texts(customer, Some(progress)).alias("customer"),
            self.text(Role::Invoice).alias("invoice"),
            self.moment().alias("moment"),
            self.text(Role::Product).alias("product"),
            self.text(Role::Description).alias("description"),
            self.text(Role::Country).alias("country"),
            self.sign(Role::Quantity).alias("quantity"),
            self.units().alias("units"),
            self.price().alias("price"),
            self.pennies().alias("pennies"),
            self.priced().alias("priced"),
        ]);
        let flawed = |wanted: IdFlaw| flaws(col("customer"), wanted);
        Ok(columns.with_columns([
            letters(col("invoice")).alias("letter"),
            days(col("invoice"), col("moment")).alias("day"),
            flawed(IdFlaw::Placeholder).alias("nobody"),
            flawed(IdFlaw::TooLong).alias("too_long"),
            self.no_products().alias("no_product"),
            instant(self.latest).alias("latest"),
            instant(self.plausible.0).alias("plausible_from"),
            instant(self.plausible.1).alias("plausible_until"),
        ]))
    }

    /// So many rows of the table from the first on, with the rule of each.
    pub fn judged(
        &self,
        cleaning: &str,
        rows: (usize, usize),
        progress: RowProgress,
    ) -> PolarsResult<LazyFrame> {
        let mut context = SQLContext::new();
        context.register("source", self.frame(rows, progress)?);
        context.execute(cleaning)
    }

    fn column(&self, role: Role) -> Option<Expr> {
        self.table.layout.name(role).map(col)
    }

    fn text(&self, role: Role) -> Expr {
        self.column(role).map_or_else(|| lit(NULL).cast(DataType::String), |column| texts(column, None))
    }

    fn moment(&self) -> Expr {
        self.column(Role::Date).map_or_else(|| lit(NULL), moments)
    }

    fn no_products(&self) -> Expr {
        let (stock_codes, further) = (self.stock_codes, self.further.clone());
        let by_word = self.words_name_no_product;
        let of_product = marked(col("product"), move |code| {
            is_non_product(code, stock_codes, &further)
                || is_called_a_sum(code)
                || by_word && is_no_product(code)
        });
        let of_sums = of_product.or(marked(col("invoice"), is_called_a_sum));
        match by_word && self.column(Role::Description).is_some() {
            true => of_sums.or(marked(col("description"), is_no_product)),
            false => of_sums,
        }
    }

    fn sign(&self, role: Role) -> Expr {
        self.column(role).map_or_else(none, signs)
    }

    fn units(&self) -> Expr {
        self.column(Role::Quantity).map_or_else(none, units)
    }

    /// The price, where money is made of it.
    fn price(&self) -> Expr {
        if self.money == Money::Priced { self.sign(Role::Price) } else { none() }
    }

    fn pennies(&self) -> Expr {
        match self.money {
            // Typed: a literal alone would take the smallest type that holds it.
            Money::None => lit(0).cast(DataType::Int64),
            Money::Amount => self.column(Role::Amount).map_or_else(none, |amount| self.signed(amount)),
            Money::Priced => self.priced(),
        }
    }

    /// The amount; less than nothing where goods came back.
    fn signed(&self, amount: Expr) -> Expr {
        let amount = pennies(vec![amount]);
        match self.column(Role::Quantity) {
            None => amount,
            Some(quantity) => {
                when(signs(quantity).lt(lit(0))).then(lit(0) - amount.clone().abs()).otherwise(amount)
            }
        }
    }

    /// Quantity times price.
    fn priced(&self) -> Expr {
        match (self.column(Role::Quantity), self.column(Role::Price)) {
            (Some(quantity), Some(price)) => pennies(vec![quantity, price]),
            _ => none(),
        }
    }

    /// A name for the rows' numbers that no column has.
    fn unused_name(&self) -> PlSmallStr {
        let mut name = "row_number".to_owned();
        while self.table.schema.contains(&name) {
            name.push('_');
        }
        name.into()
    }
}
