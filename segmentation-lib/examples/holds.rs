//! Whether what is published holds: the whole choice made again without 1 % of the customers, and the nights of the
//! last month placed in the segments of its beginning.
//! `cargo run --release --example holds -- data/cdnow/CDNOW_master.txt 20`

use std::collections::BTreeMap;
use std::error::Error;
use std::time::Instant;

use chrono::{Days, NaiveDate};
use ndarray::Array2;
use rand::{SeedableRng, seq::index};
use rand_xoshiro::Xoshiro256PlusPlus;
use segmentation_lib::engine::agreement::{adjusted_rand_index, best_jaccard};
use segmentation_lib::features::{CustomerTable, FeaturesError};
use segmentation_lib::look_back::LookBack;
use segmentation_lib::matrix::{Matrix, MatrixParams};
use segmentation_lib::model::place;
use segmentation_lib::progress::Progress;
use segmentation_lib::replay::before;
use segmentation_lib::selection::{Selection, SelectionParams, select};
use segmentation_lib::transactions::{self, ReadOptions, ReferenceDate, Transactions};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or("usage: holds FILE [DRAWS]")?;
    let draws: u64 = arguments.next().map_or(Ok(20), |text| text.parse())?;
    let transactions = transactions::read(&[file.into()], &ReadOptions::default(), &Progress::silent())?;
    let table = CustomerTable::compute(&transactions, None)?;
    let begun = Instant::now();
    let (_, chosen) = choose(&transactions, &table)?;
    println!("{} customers, {:.1} s: {}", table.len(), begun.elapsed().as_secs_f64(), chosen.reason.en);
    without_a_hundredth(&transactions, &table, &chosen, draws)?;
    nights(&transactions, 30)
}

/// A cold choice, as a first run makes it.
fn choose(transactions: &Transactions, table: &CustomerTable) -> Result<(Matrix, Selection), Box<dyn Error>> {
    let matrix = Matrix::build(table, &MatrixParams::default())?;
    let hindsight = match LookBack::compute(transactions, table)? {
        Some(look_back) => look_back.hindsight(matrix.scalings())?,
        None => None,
    };
    let selection =
        select(matrix.values(), hindsight.as_ref(), &SelectionParams::default(), &Progress::silent())?;
    Ok((matrix, selection))
}

fn without_a_hundredth(
    transactions: &Transactions,
    table: &CustomerTable,
    full: &Selection,
    draws: u64,
) -> Result<(), Box<dyn Error>> {
    let labels = &full.chosen().labels;
    let (mut agreement, mut dissolved) = (Vec::new(), 0);
    for draw in 0..draws {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(draw);
        let mut stays = vec![true; table.len()];
        index::sample(&mut random, table.len(), table.len().div_ceil(100))
            .iter()
            .for_each(|row| stays[row] = false);
        let (_, again) = choose(transactions, &table.only(&stays)?)?;
        let was: Vec<u32> = labels.iter().zip(&stays).filter(|(_, stays)| **stays).map(|(l, _)| *l).collect();
        let jaccard = best_jaccard(&was, &again.chosen().labels);
        let index = adjusted_rand_index(&was, &again.chosen().labels);
        let weakest = jaccard.into_iter().fold(1.0, f64::min);
        println!(
            "  draw {draw}: k = {}, adjusted Rand index {index:.4}, weakest Jaccard {weakest:.3}",
            again.chosen().k
        );
        agreement.push(index);
        dissolved += u64::from(weakest <= 0.5);
    }
    let mean = agreement.iter().sum::<f64>() / agreement.len().max(1) as f64;
    let worst = agreement.iter().copied().fold(1.0, f64::min);
    println!(
        "without 1 % of the customers, {draws} draws: mean {mean:.4}, worst {worst:.4}, with a dissolved segment {dissolved}"
    );
    Ok(())
}

/// A model of `days` ago, and every night since placed by it.
fn nights(transactions: &Transactions, days: u64) -> Result<(), Box<dyn Error>> {
    let start = transactions.last().date() - Days::new(days);
    let (matrix, selection) = choose(transactions, &stood(transactions, start)?)?;
    println!("the model of {start}: {}", selection.reason.en);
    let centroids = &selection.chosen().centroids;
    let mut former = placed(transactions, start, &matrix, centroids)?;
    let (mut shares, mut by_purchases, mut by_ageing) = (Vec::new(), 0, 0);
    for day in (1..=days).map(|n| start + Days::new(n)) {
        let now = placed(transactions, day, &matrix, centroids)?;
        let pairs = former.iter().map(|(id, before)| (before, &now[id]));
        let (aged, bought): (Vec<_>, Vec<_>) = pairs
            .filter(|((before, _), (after, _))| before != after)
            .partition(|((_, before), (_, after))| before == after);
        shares.push((aged.len() + bought.len()) as f64 / former.len() as f64);
        (by_purchases, by_ageing) = (by_purchases + bought.len(), by_ageing + aged.len());
        former = now;
    }
    let mean = shares.iter().sum::<f64>() / shares.len() as f64;
    let worst = shares.iter().copied().fold(0.0, f64::max);
    println!(
        "{days} nights: {:.2} % of the customers move on average, {:.2} % at most; {by_purchases} by purchases, \
         {by_ageing} by ageing",
        mean * 100.0,
        worst * 100.0
    );
    Ok(())
}

/// The customers as they stood when a day began.
fn stood(transactions: &Transactions, day: NaiveDate) -> Result<CustomerTable, FeaturesError> {
    CustomerTable::from_frame(before(transactions, day), ReferenceDate::Day(day), transactions.columns())
}

/// Each customer's segment, and the number of purchases behind it.
fn placed(
    transactions: &Transactions,
    day: NaiveDate,
    fitted: &Matrix,
    centroids: &Array2<f64>,
) -> Result<BTreeMap<String, (u32, u64)>, Box<dyn Error>> {
    let table = stood(transactions, day)?;
    let matrix = Matrix::scaled(&table, fitted.scalings())?;
    let lines = table.values("lines")?.into_iter().map(|lines| lines as u64);
    Ok(table.ids()?.into_iter().zip(place(matrix.values(), centroids).into_iter().zip(lines)).collect())
}
