use super::*;

#[test]
fn the_window_is_in_brotlis_first_byte() {
    // Of RFC 7932: 0 is 16, 0000001 is 17, 0011 is 18, 1111 is 24, 0100001 is 10.
    let windows = [0b0, 0b000_0001, 0b0011, 0b1111, 0b010_0001, 0b111_0001].map(brotli_window);
    assert_eq!(windows, [16, 17, 18, 24, 10, 15]);
}

fn decode(coding: Coding, body: &[u8], cut: usize) -> Result<Vec<u8>, String> {
    let mut decoder = Decoder::new(coding).expect("made");
    let (mut all, mut pending) = (Vec::new(), false);
    for mut piece in body.chunks(cut) {
        while !piece.is_empty() || std::mem::take(&mut pending) {
            let mut output = Vec::new();
            let (used, more) = decoder.run(piece, &mut output)?;
            assert!(output.len() <= STEP, "{}", output.len());
            (piece, pending) = (&piece[used..], more);
            all.append(&mut output);
        }
    }
    decoder.finish(&mut all)?;
    Ok(all)
}

#[test]
fn what_was_compressed_comes_back_in_steps_wherever_it_was_cut() {
    let data: Vec<u8> = (0..300_000_u32).map(|i| (i / 999) as u8).collect();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&data).expect("in memory");
    zlib.write_all(&data).expect("in memory");
    let mut zstd = Vec::with_capacity(data.len());
    zstd_safe::compress(&mut zstd, &data, 3).expect("in memory");
    for (coding, body) in [
        (Coding::Gzip, gzip.finish().expect("in memory")),
        (Coding::Deflate, zlib.finish().expect("in memory")),
        (Coding::Zstd, [&zstd[..], b"\x50\x2A\x4D\x18\x02\0\0\0xx"].concat()),
    ] {
        for cut in [1, 7, body.len()] {
            assert!(decode(coding, &body, cut) == Ok(data.clone()), "{coding:?} {cut}");
        }
        assert!(decode(coding, &body[..body.len() - 1], 100).is_err(), "{coding:?}");
        assert!(decode(coding, b"not compressed", 100).is_err(), "{coding:?}");
    }
}

#[test]
fn a_large_zstd_window_is_refused() {
    // A frame whose window is 2^27 bytes: nothing of that size is allocated.
    let frame = [&ZSTD_MAGIC.to_le_bytes()[..], &[0x00, (27 - 10) << 3, 0, 0, 0]].concat();
    assert!(decode(Coding::Zstd, &frame, 100).is_err_and(|error| error.contains("8 MiB")));
}

#[test]
fn a_gzip_file_may_have_several_members_and_nothing_else_behind_them() {
    let member = |data: &[u8]| {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(data).expect("in memory");
        gzip.finish().expect("in memory")
    };
    let whole = [member(b"ids\n"), member(b""), member(&[b'x'; 100_000])].concat();
    let data = [&b"ids\n"[..], &[b'x'; 100_000]].concat();
    for cut in [1, 7, whole.len()] {
        assert!(decode(Coding::Gzip, &whole, cut) == Ok(data.clone()), "{cut}");
        for behind in [&b"x"[..], &[0; 20], b"\x1f\x8b"] {
            let body = [&whole[..], behind].concat();
            assert!(decode(Coding::Gzip, &body, cut).is_err(), "{behind:?} {cut}");
        }
    }
}
