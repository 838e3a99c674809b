//! Keras's dtypes as HDF5 datatypes. HDF5 has no `bfloat16`; it is stored as two opaque bytes with an attribute.

use hdf5_pure::{
    Datatype, DatatypeByteOrder, EnumTypeBuilder, FloatingPointLayout, make_f32_type, make_f64_type, make_i8_type,
    make_i16_type, make_i32_type, make_i64_type, make_u8_type, make_u16_type, make_u32_type, make_u64_type,
};
use horn_nn::{Error, Result};

use crate::arrays::DType;

/// The attribute of a dataset in which Keras names the dtype of opaque bytes.
pub(super) const DTYPE: &str = "dtype";

/// IEEE 754's binary16.
const BINARY16: FloatingPointLayout = FloatingPointLayout {
    bit_offset: 0,
    bit_precision: 16,
    exponent_location: 10,
    exponent_size: 5,
    mantissa_location: 0,
    mantissa_size: 10,
    exponent_bias: 15,
};

/// The upper 16 bits of a `float32`.
const BFLOAT16: FloatingPointLayout = FloatingPointLayout {
    bit_offset: 0,
    bit_precision: 16,
    exponent_location: 7,
    exponent_size: 8,
    mantissa_location: 0,
    mantissa_size: 7,
    exponent_bias: 127,
};

/// The dtype of a dataset, and whether its bytes are big-endian. `dtype` is the dataset's attribute of that name.
pub(super) fn dtype_of(datatype: &Datatype, dtype: Option<&str>) -> Option<(DType, bool)> {
    Some(match datatype {
        Datatype::FloatingPoint { size, byte_order, layout } => {
            let dtype = match (size, *layout) {
                (2, BINARY16) => DType::F16,
                (2, BFLOAT16) => DType::Bf16,
                (4, FloatingPointLayout::IEEE754_BINARY32) => DType::F32,
                (8, FloatingPointLayout::IEEE754_BINARY64) => DType::F64,
                _ => return None,
            };
            (dtype, is_big(byte_order)?)
        }
        Datatype::FixedPoint { size, byte_order, layout } => {
            if layout.bit_offset != 0 || u32::from(layout.bit_precision) != size.checked_mul(8)? {
                return None;
            }
            let dtype = match (size, layout.signed) {
                (1, true) => DType::I8,
                (2, true) => DType::I16,
                (4, true) => DType::I32,
                (8, true) => DType::I64,
                (1, false) => DType::U8,
                (2, false) => DType::U16,
                (4, false) => DType::U32,
                (8, false) => DType::U64,
                _ => return None,
            };
            (dtype, is_big(byte_order)?)
        }
        Datatype::Enumeration { size: 1, members, .. }
            if members.iter().all(|member| {
                matches!((member.name.as_str(), member.value.as_slice()), ("FALSE", [0]) | ("TRUE", [1]))
            }) && members.len() == 2 =>
        {
            (DType::Bool, false)
        }
        Datatype::Opaque { size: 2, .. } if dtype == Some("bfloat16") => (DType::Bf16, false),
        _ => return None,
    })
}

fn is_big(order: &DatatypeByteOrder) -> Option<bool> {
    match order {
        DatatypeByteOrder::LittleEndian => Some(false),
        DatatypeByteOrder::BigEndian => Some(true),
        _ => None,
    }
}

/// The datatype that h5py writes for a dtype.
pub(super) fn datatype_of(dtype: DType) -> Result<Datatype> {
    Ok(match dtype {
        DType::F16 => {
            Datatype::FloatingPoint { size: 2, byte_order: DatatypeByteOrder::LittleEndian, layout: BINARY16 }
        }
        DType::Bf16 => Datatype::Opaque { size: 2, tag: Vec::new() },
        DType::F32 => make_f32_type(),
        DType::F64 => make_f64_type(),
        DType::I8 => make_i8_type(),
        DType::I16 => make_i16_type(),
        DType::I32 => make_i32_type(),
        DType::I64 => make_i64_type(),
        DType::U8 => make_u8_type(),
        DType::U16 => make_u16_type(),
        DType::U32 => make_u32_type(),
        DType::U64 => make_u64_type(),
        DType::Bool => EnumTypeBuilder::with_base(make_i8_type())
            .raw_value("FALSE", &[0])
            .raw_value("TRUE", &[1])
            .build()
            .map_err(|error| Error::file("cannot hold booleans").because(error))?,
    })
}

#[cfg(test)]
mod tests {
    use hdf5_pure::FixedPointLayout;

    use super::*;

    const ALL: [DType; 13] = [
        DType::F16,
        DType::Bf16,
        DType::F32,
        DType::F64,
        DType::I8,
        DType::I16,
        DType::I32,
        DType::I64,
        DType::U8,
        DType::U16,
        DType::U32,
        DType::U64,
        DType::Bool,
    ];

    #[test]
    fn every_dtype_comes_back() {
        for dtype in ALL {
            let datatype = datatype_of(dtype).unwrap();
            let named = (dtype == DType::Bf16).then_some("bfloat16");
            assert_eq!(dtype_of(&datatype, named), Some((dtype, false)), "{dtype}");
        }
    }

    #[test]
    fn unusual_layouts_are_no_dtype() {
        let layout = FixedPointLayout { signed: true, bit_offset: 0, bit_precision: 12 };
        let narrow = Datatype::FixedPoint { size: 2, byte_order: DatatypeByteOrder::LittleEndian, layout };
        assert_eq!(dtype_of(&narrow, None), None);
        let layout = FloatingPointLayout { exponent_bias: 126, ..FloatingPointLayout::IEEE754_BINARY32 };
        let biased = Datatype::FloatingPoint { size: 4, byte_order: DatatypeByteOrder::LittleEndian, layout };
        assert_eq!(dtype_of(&biased, None), None);
        assert_eq!(dtype_of(&Datatype::Opaque { size: 2, tag: Vec::new() }, None), None);
        assert_eq!(dtype_of(&Datatype::Opaque { size: 4, tag: Vec::new() }, Some("bfloat16")), None);
    }
}
