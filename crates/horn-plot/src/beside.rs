//! Blocks of text side by side.

use unicode_width::UnicodeWidthStr;

/// Puts blocks of text side by side, `gap` columns apart. Their first lines are on the same line.
///
/// ```
/// let text = horn::plot::beside(&["7", "is a\nseven"], 2);
/// assert_eq!(text, "7  is a\n   seven");
/// ```
pub fn beside<S: AsRef<str>>(blocks: &[S], gap: usize) -> String {
    let blocks: Vec<Vec<&str>> = blocks.iter().map(|block| block.as_ref().lines().collect()).collect();
    let height = blocks.iter().map(Vec::len).max().unwrap_or(0);
    let mut lines = vec![String::new(); height];
    let mut begin = 0;
    for block in &blocks {
        for (line, text) in lines.iter_mut().zip(block).filter(|(_, text)| !text.is_empty()) {
            *line += &" ".repeat(begin - line.width());
            *line += text;
        }
        begin += gap + block.iter().map(|line| line.width()).max().unwrap_or(0);
    }
    lines.iter().map(|line| line.trim_end()).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_of_different_heights_and_widths() {
        assert_eq!(beside(&["日本\na", "one\n\nthree", "x  \ny\nz"], 1), "日本 one   x\na          y\n     three z");
        assert_eq!(beside(&["a"], 3), "a");
        assert_eq!(beside::<&str>(&[], 3), "");
    }
}
