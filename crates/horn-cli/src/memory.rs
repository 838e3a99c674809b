//! The limit for the memory that predictions take: `--max-memory`.

/// Sets the limit, if there is one in the command line.
pub fn limit(bytes: Option<u64>) {
    if let Some(bytes) = bytes {
        horn::memory::set_limit(bytes);
    }
}

/// Reads a size such as `500M`, in bytes or in units of 1024.
pub fn size(text: &str) -> Result<u64, String> {
    let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let shift = match unit.to_ascii_uppercase().trim_end_matches('B').trim_end_matches('I') {
        "" => Some(0),
        "K" => Some(10),
        "M" => Some(20),
        "G" => Some(30),
        "T" => Some(40),
        _ => None,
    };
    let bytes = shift.and_then(|shift| number.parse::<u64>().ok()?.checked_mul(1 << shift)).filter(|&bytes| bytes > 0);
    bytes.ok_or_else(|| "expected a size such as 500M or 8G".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        let sizes = ["7", "500M", "8G", "1kib", "2TB"].map(|text| size(text).unwrap());
        assert_eq!(sizes, [7, 500 << 20, 8 << 30, 1024, 2 << 40]);
        for wrong in ["", "G", "-1", "1.5G", "8X", "0", "99999999999999T", "8 G"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }
}
