//! Purchases of a made-up shop, for tests and measurements at any size.
//! `cargo run --release --example generate -- 20000000 sales.parquet [SEED]`
//!
//! Customers come for a year and are watched for two. How often they buy and when they leave is drawn from a BG/NBD,
//! what an invoice is worth from a Gamma-Gamma (`segmentation_lib::lifetime` names the papers); products follow Zipf's
//! law, purchases the seasons. Cancellations and dirty rows come at the rates of Online Retail: a quarter of the rows
//! have no customer, one in a hundred is there twice, some have no price, some are postage.
//!
//! The rows are customer by customer, so that memory does not grow with them. Same number and seed, same bytes.

mod customers;
mod lines;
mod output;

use std::error::Error;
use std::path::PathBuf;

use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

use self::customers::Customer;
use self::lines::Shop;
use self::output::Output;

const USAGE: &str = "usage: generate ROWS FILE.csv|FILE.parquet [SEED]";

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let rows: u64 =
        arguments.next().ok_or(USAGE)?.replace('_', "").parse().map_err(|e| format!("{USAGE}: {e}"))?;
    let file: PathBuf = arguments.next().ok_or(USAGE)?.into();
    let seed: u64 = arguments.next().map_or(Ok(17), |text| text.parse())?;
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut shop = Shop::open(&mut random);
    let mut output = Output::create(&file)?;
    let mut customers = 0;
    while output.rows() < rows {
        customers += 1;
        let customer = Customer::draw(customers, &mut random);
        for invoice in customer.invoices(&mut random) {
            for line in shop.lines(&customer, invoice, &mut random) {
                if output.rows() < rows {
                    output.write(line)?;
                }
            }
        }
    }
    output.finish()?;
    println!("{}: {rows} rows, {customers} customers who gave their number", file.display());
    Ok(())
}
