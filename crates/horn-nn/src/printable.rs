//! Text that a terminal shows and does not act upon.
//!
//! Names come from files, and a file is untrusted input: an escape sequence in a name could clear the screen or rewrite
//! what stands there, and a bidirectional mark could show a name backwards. All text for people passes [`printable`].

use std::borrow::Cow;

/// Characters without a shape of their own besides the controls: marks of direction, invisible ones, tags, the separators
/// of lines, and spaces that are not the usual one. Unicode's categories Cf, Zl, Zp and Zs, letters that are blank, and what
/// has a private meaning or none (Co, Cn).
const INVISIBLE: [(char, char); 29] = [
    ('\u{a0}', '\u{a0}'),
    ('\u{ad}', '\u{ad}'),
    ('\u{600}', '\u{605}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{6dd}', '\u{6dd}'),
    ('\u{70f}', '\u{70f}'),
    ('\u{890}', '\u{891}'),
    ('\u{8e2}', '\u{8e2}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{1680}', '\u{1680}'),
    ('\u{180e}', '\u{180e}'),
    ('\u{2000}', '\u{200f}'),
    ('\u{2028}', '\u{202f}'),
    ('\u{205f}', '\u{206f}'),
    ('\u{2800}', '\u{2800}'),
    ('\u{3000}', '\u{3000}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{e000}', '\u{f8ff}'),
    ('\u{fdd0}', '\u{fdef}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff9}', '\u{fffb}'),
    ('\u{fffe}', '\u{ffff}'),
    ('\u{110bd}', '\u{110cd}'),
    ('\u{13430}', '\u{1343f}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e007f}'),
    ('\u{f0000}', '\u{10ffff}'),
];

/// Does a terminal show this character, and nothing else?
pub fn is_printable(letter: char) -> bool {
    !letter.is_control() && !INVISIBLE.iter().any(|(first, last)| (*first..=*last).contains(&letter))
}

/// The text with every character that a terminal would act upon, or would not show, in the form of Rust's strings: `\n`,
/// `\u{1b}`.
pub fn printable(text: &str) -> Cow<'_, str> {
    escaped(text, |_| false)
}

/// The text of several lines, whose line breaks stay.
pub fn printable_lines(text: &str) -> Cow<'_, str> {
    escaped(text, |letter| letter == '\n')
}

fn escaped(text: &str, stays: impl Fn(char) -> bool) -> Cow<'_, str> {
    let shown = |letter: char| is_printable(letter) || stays(letter);
    if text.chars().all(shown) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    for letter in text.chars() {
        if shown(letter) {
            escaped.push(letter);
        } else {
            escaped.extend(letter.escape_default());
        }
    }
    Cow::Owned(escaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_acts_upon_is_escaped() {
        for (text, shown) in [
            ("\x1b[2Jgone", "\\u{1b}[2Jgone"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("bell\x07 tab\t line\r\n", "bell\\u{7} tab\\t line\\r\\n"),
            ("exe.\u{202e}gnp", "exe.\\u{202e}gnp"),
            ("\u{2066}a\u{2069}\u{200f}\u{61c}", "\\u{2066}a\\u{2069}\\u{200f}\\u{61c}"),
            ("a\u{a0}b\u{3000}c\u{e000}d\u{fffe}e\u{10fffd}", "a\\u{a0}b\\u{3000}c\\u{e000}d\\u{fffe}e\\u{10fffd}"),
            ("a\u{200b}b\u{feff}c\u{e0041}d\u{2028}e\u{7f}", "a\\u{200b}b\\u{feff}c\\u{e0041}d\\u{2028}e\\u{7f}"),
        ] {
            assert_eq!(printable(text), shown);
        }
    }

    #[test]
    fn other_text_is_the_same() {
        for text in ["dense_1", "größe 日本 é e\u{301} 👩", "\\u{1b} \"quoted\" \\n", ""] {
            assert!(matches!(printable(text), Cow::Borrowed(same) if same == text), "{text}");
        }
        assert_eq!(printable_lines("one\ntwo\x1b"), "one\ntwo\\u{1b}");
    }
}
