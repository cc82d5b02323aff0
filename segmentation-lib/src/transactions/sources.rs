//! Files: which ones are meant, what they are, and how they are opened.

mod digest;
mod find;
mod format;

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use zip::ZipArchive;

use self::digest::Hashed;
pub(super) use self::digest::digest;
pub(crate) use self::find::logged;
pub(super) use self::find::{Found, Source, find};
use self::format::Format;
pub(crate) use self::format::is_data_name;
use super::error::TransactionsError;
use super::pass::{Interrupt, Pass};
use super::{delimited, json, parquet, workbook};
use crate::record::InputFile;
use crate::regular_file;

/// Members of an archive up to this size are unpacked in memory, larger ones to a temporary file.
const IN_MEMORY: usize = 64 << 20;

/// Reads a source, whatever its format, and takes its checksum meanwhile.
pub(super) fn read(pass: &mut Pass<'_>, source: &Source) -> Result<(), Interrupt> {
    let place = source.place.as_str();
    pass.named = source.named.then(|| place.to_owned());
    pass.path = source.path.to_string_lossy().into_owned();
    let io = |error| TransactionsError::io(place, error);
    let mut file = regular_file::open(&source.path).map_err(io)?;
    let done = pass.bytes.load(Ordering::Relaxed) + source.bytes();
    let input = match format::recognise(&mut file, place) {
        Ok(format @ (Format::Parquet | Format::Zip)) => read_in_jumps(pass, source, format, file)?,
        format => {
            file.rewind().map_err(io)?;
            let mut file = Hashed::new(Counted::new(pass, file));
            let result = format.map_err(Interrupt::from);
            let result = result.and_then(|format| read_simple(pass, place, format, &mut file));
            pass.forgive(source, result)?.then(|| file.finish(place)).transpose()?
        }
    };
    // What was left out is no input: a run that is made again must not ask for it.
    pass.inputs.extend(input);
    // What was skipped over has been dealt with, too.
    pass.bytes.store(done, Ordering::Relaxed);
    Ok(())
}

/// Reads what has its table of contents at its end; another thread takes the checksum.
fn read_in_jumps(
    pass: &mut Pass<'_>,
    source: &Source,
    format: Format,
    file: File,
) -> Result<Option<InputFile>, Interrupt> {
    let (place, stop) = (source.place.as_str(), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let digest = scope.spawn(|| digest(source, &stop));
        let result = match format {
            Format::Parquet => read_parquet(pass, source, file),
            _ => read_zip(pass, place, io::BufReader::new(Counted::new(pass, file))),
        };
        let used = pass.forgive(source, result);
        if !matches!(used, Ok(true)) {
            stop.store(true, Ordering::Relaxed);
            return used.map(|_| None);
        }
        Ok(Some(digest.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?))
    })
}

fn read_parquet(pass: &mut Pass<'_>, source: &Source, file: File) -> Result<(), Interrupt> {
    let mut files = vec![file];
    for path in &source.rest {
        files.push(regular_file::open(path).map_err(|error| TransactionsError::io(&source.place, error))?);
    }
    parquet::read_files(pass, &source.place, &files)
}

/// Reads what is neither Parquet nor a zip.
fn read_simple(
    pass: &mut Pass<'_>,
    place: &str,
    format: Format,
    mut file: impl Read + Send,
) -> Result<(), Interrupt> {
    match format {
        Format::Text => delimited::read(pass, place, file),
        Format::Json => json::read(pass, place, file),
        Format::Gzip => {
            read_unpacked(pass, place, flate2::read::MultiGzDecoder::new(io::BufReader::new(file)))
        }
        Format::Zstandard => {
            let decoder =
                zstd::Decoder::new(file).map_err(|error| TransactionsError::damaged(place, "zst", error))?;
            read_unpacked(pass, place, decoder)
        }
        Format::OldWorkbook => {
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).map_err(|error| TransactionsError::io(place, error))?;
            workbook::read_other(pass, place, bytes)
        }
        Format::Parquet | Format::Zip => unreachable!("both are handled by the callers"),
    }
}

/// Reads what a stream of compressed bytes holds: JSON or delimited text.
fn read_unpacked(pass: &mut Pass<'_>, place: &str, mut stream: impl Read + Send) -> Result<(), Interrupt> {
    let mut head = Vec::new();
    let taken = stream.by_ref().take(512).read_to_end(&mut head);
    taken.map_err(|error| TransactionsError::io(place, error))?;
    let is_json = format::is_json(&head);
    let whole = io::Cursor::new(head).chain(stream);
    if is_json { json::read(pass, place, whole) } else { delimited::read(pass, place, whole) }
}

/// A zip is an xlsx, another workbook, or an archive of files.
fn read_zip(pass: &mut Pass<'_>, place: &str, mut file: impl Read + Seek) -> Result<(), Interrupt> {
    let damaged = |error: &dyn std::fmt::Display| TransactionsError::damaged(place, "zip", error);
    let archive = ZipArchive::new(&mut file).map_err(|error| damaged(&error))?;
    let names: Vec<String> = (0..archive.len())
        .filter_map(|at| archive.name_for_index(at)?.ok().map(|name| name.into_owned()))
        .collect();
    let holds = |name: &str| names.iter().any(|n| n == name);
    if holds("xl/workbook.xml") {
        drop(archive);
        file.seek(SeekFrom::Start(0)).map_err(|error| TransactionsError::io(place, error))?;
        return workbook::read_xlsx(pass, place, file);
    }
    if holds("xl/workbook.bin") || holds("content.xml") {
        drop(archive);
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(0)).map_err(|error| TransactionsError::io(place, error))?;
        file.read_to_end(&mut bytes).map_err(|error| TransactionsError::io(place, error))?;
        return workbook::read_other(pass, place, bytes);
    }
    pass.compares_tables |= names.len() > 1;
    read_members(pass, place, archive)
}

fn read_members<R: Read + Seek>(
    pass: &mut Pass<'_>,
    place: &str,
    mut archive: ZipArchive<R>,
) -> Result<(), Interrupt> {
    let mut members = Vec::new();
    for at in 0..archive.len() {
        let member = archive.by_index(at).map_err(|error| TransactionsError::damaged(place, "zip", error))?;
        let name = member.name().map(|name| name.into_owned()).unwrap_or_default();
        if member.is_file() && format::is_data_name(&name) && !name.starts_with("__MACOSX/") {
            members.push((name, at));
        }
    }
    members.sort();
    if members.is_empty() {
        return Err(TransactionsError::damaged(place, "zip", "it holds no data file").into());
    }
    for (name, at) in members {
        pass.progress.check()?;
        let place = format!("{place}/{name}");
        let damaged =
            |error: &dyn std::fmt::Display| TransactionsError::damaged(&place, "a member of a zip", error);
        let mut member = archive.by_index(at).map_err(|error| damaged(&error))?;
        let mut unpacked = tempfile::spooled_tempfile(IN_MEMORY);
        io::copy(&mut member, &mut unpacked).map_err(|error| damaged(&error))?;
        unpacked.seek(SeekFrom::Start(0)).map_err(|error| TransactionsError::io(&place, error))?;
        let result = read_member(pass, &place, unpacked);
        pass.leave_out(result)?;
    }
    Ok(())
}

fn read_member(
    pass: &mut Pass<'_>,
    place: &str,
    mut file: tempfile::SpooledTempFile,
) -> Result<(), Interrupt> {
    match format::recognise(&mut file, place)? {
        Format::Parquet => {
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).map_err(|error| TransactionsError::io(place, error))?;
            parquet::read_bytes(pass, place, bytes)
        }
        Format::Zip => read_zip(pass, place, file),
        format => read_simple(pass, place, format, file),
    }
}

impl Pass<'_> {
    /// What the caller named must hold transactions; what was found need not. Says whether it does.
    fn forgive(&mut self, source: &Source, result: Result<(), Interrupt>) -> Result<bool, Interrupt> {
        if source.named { result.map(|()| true) } else { self.leave_out(result) }
    }

    /// What was found rather than named may hold something else than transactions: it is left out, and
    /// that is noted. Says whether it was read.
    fn leave_out(&mut self, result: Result<(), Interrupt>) -> Result<bool, Interrupt> {
        match result {
            Err(Interrupt::Failed(
                error @ (TransactionsError::Columns { .. }
                | TransactionsError::Empty { .. }
                | TransactionsError::HeaderOnly { .. }
                | TransactionsError::Unsupported { .. }),
            )) => {
                self.decide("files", format!("left out: {error}"), format!("deixado de fora: {error}"));
                self.note_left_out(&error);
                self.left_out.push(error);
                Ok(false)
            }
            result => result.map(|()| true),
        }
    }
}

/// Counts the bytes that are read.
struct Counted<R> {
    inner: R,
    bytes: Arc<AtomicU64>,
}

impl<R> Counted<R> {
    fn new(pass: &Pass<'_>, inner: R) -> Self {
        Self { inner, bytes: pass.bytes.clone() }
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.bytes.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

impl<R: Seek> Seek for Counted<R> {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.inner.seek(position)
    }
}
