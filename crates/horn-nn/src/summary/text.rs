//! Styled text, which is wrapped at spaces, truncated with an ellipsis and aligned in columns as in Keras's tables.

use unicode_width::UnicodeWidthChar;

use crate::printable::printable;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Plain,
    Bold,
    Class,
    Number,
    Unknown,
    Trainable,
    Frozen,
}

impl Style {
    /// The parameters of the escape sequence for the style.
    fn code(self) -> Option<&'static str> {
        Some(match self {
            Self::Plain => return None,
            Self::Bold => "1",
            Self::Class => "38;5;33",
            Self::Number => "38;5;34",
            Self::Unknown => "38;5;45",
            Self::Trainable => "1;38;5;34",
            Self::Frozen => "1;91",
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Center,
    Right,
}

/// How a word that is longer than a line is handled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LongWord {
    /// It is broken.
    Fold,
    /// It stays on one line, which `Text::align` truncates.
    Keep,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Text(Vec<(char, Style)>);

impl Text {
    pub(super) fn new(text: &str, style: Style) -> Self {
        Self::default().with(text, style)
    }

    /// Appends text. What a terminal would act upon is escaped.
    pub(super) fn with(mut self, text: &str, style: Style) -> Self {
        self.0.extend(printable(text).chars().map(|c| (c, style)));
        self
    }

    /// Wraps at spaces into lines of at most `width` columns; with `LongWord::Keep` a line may be longer.
    pub(super) fn wrap(&self, width: usize, long_word: LongWord) -> Vec<Self> {
        let mut lines = vec![Self::default()];
        let mut used = 0;
        for word in self.words() {
            let line = lines.last_mut().expect("the first line is added before the loop");
            let bare = columns(trimmed(word));
            if bare <= width.saturating_sub(used) {
                line.0.extend_from_slice(word);
                used += columns(word);
                continue;
            }
            let pieces = match long_word {
                LongWord::Fold if bare > width => folded(word, width),
                _ => vec![word],
            };
            if line.0.is_empty() {
                lines.pop();
            }
            used = pieces.last().map_or(0, |last| columns(last));
            lines.extend(pieces.into_iter().map(|piece| Self(piece.to_vec())));
        }
        for line in &mut lines {
            while columns(&line.0) > width && line.0.last().is_some_and(|(c, _)| c.is_whitespace()) {
                line.0.pop();
            }
        }
        lines
    }

    /// Makes the text exactly `width` columns wide: pads it with spaces of the style `fill`, or truncates it.
    pub(super) fn align(mut self, width: usize, align: Align, fill: Style) -> Self {
        if align != Align::Left {
            self.0.truncate(trimmed(&self.0).len());
        }
        self.cut(width);
        let space = width - columns(&self.0);
        let before = match align {
            Align::Left => 0,
            Align::Center => space / 2,
            Align::Right => space,
        };
        let mut aligned = vec![(' ', fill); before];
        aligned.append(&mut self.0);
        aligned.extend(vec![(' ', fill); space - before]);
        Self(aligned)
    }

    pub(super) fn render(&self, styled: bool) -> String {
        let mut out = String::new();
        for run in self.0.chunk_by(|(_, left), (_, right)| left == right) {
            let code = run[0].1.code().filter(|_| styled);
            let text = run.iter().map(|(c, _)| c);
            match code {
                None => out.extend(text),
                Some(code) => {
                    out.extend(["\x1b[", code, "m"]);
                    out.extend(text);
                    out.push_str("\x1b[0m");
                }
            }
        }
        out
    }

    fn cut(&mut self, width: usize) {
        if columns(&self.0) <= width {
            return;
        }
        let style = |index: usize| self.0.get(index).map_or(Style::Plain, |(_, style)| *style);
        let mut kept = fitting(&self.0, width.saturating_sub(1)).to_vec();
        // Half of a wide character can't be shown and is replaced by a space.
        while columns(&kept) + 1 < width {
            kept.push((' ', style(kept.len())));
        }
        kept.push(('…', style(kept.len())));
        self.0 = kept;
    }

    /// Words with the spaces that follow them (and, for the first, that precede it).
    fn words(&self) -> impl Iterator<Item = &[(char, Style)]> {
        let mut seen_word = false;
        let mut starts = vec![0];
        for (index, pair) in self.0.windows(2).enumerate() {
            seen_word |= !pair[0].0.is_whitespace();
            if seen_word && pair[0].0.is_whitespace() && !pair[1].0.is_whitespace() {
                starts.push(index + 1);
            }
        }
        let ends = starts.clone().into_iter().skip(1).chain([self.0.len()]);
        starts.into_iter().zip(ends).map(|(start, end)| &self.0[start..end])
    }
}

fn columns(text: &[(char, Style)]) -> usize {
    text.iter().map(|(c, _)| c.width().unwrap_or(0)).sum()
}

fn trimmed(text: &[(char, Style)]) -> &[(char, Style)] {
    let spaces = text.iter().rev().take_while(|(c, _)| c.is_whitespace()).count();
    &text[..text.len() - spaces]
}

/// The longest prefix that fits in `width` columns.
fn fitting(text: &[(char, Style)], width: usize) -> &[(char, Style)] {
    let mut used = 0;
    let fits = |(c, _): &&(char, Style)| {
        used += c.width().unwrap_or(0);
        used <= width
    };
    &text[..text.iter().take_while(fits).count()]
}

fn folded(mut word: &[(char, Style)], width: usize) -> Vec<&[(char, Style)]> {
    let mut pieces = Vec::new();
    while !word.is_empty() {
        // A character that is wider than the line gets a separate line.
        let (piece, rest) = word.split_at(fitting(word, width).len().max(1));
        pieces.push(piece);
        word = rest;
    }
    pieces
}
