//! Vector kernels with the number of columns as a constant.

/// Calls a kernel for vectors `S` with the number of columns as a constant, so that loops over them are
/// unrolled, where it is one of those listed; else with 0, by which the kernel takes the number at run time.
macro_rules! with_columns {
    ($number:expr, [$($listed:literal)+], $kernel:ident.$method:ident::<$vectors:ident>($simd:expr)) => {
        match $number {
            $($listed => $kernel.$method::<$vectors, $listed>($simd),)+
            _ => $kernel.$method::<$vectors, 0>($simd),
        }
    };
}
pub(super) use with_columns;
