//! Colours and widths. A colour says something: red is open to anyone, yellow is not known, dim is background.

use crate::args::ColorWhen;
use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthStr;

/// How to render for people.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Columns to stay within.
    pub width: usize,
    /// Whether to colour.
    pub color: bool,
    /// Whether to list troubles and conditions.
    pub verbose: bool,
    /// Whether to leave out the summary.
    pub quiet: bool,
}

/// What a piece of text means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// Nothing in particular.
    Plain,
    /// A heading.
    Heading,
    /// Background.
    Dim,
    /// Not known.
    Doubt,
    /// Open or wrong.
    Alarm,
}

impl Look {
    /// The text in the colour of its meaning.
    pub fn paint(&self, meaning: Meaning, text: &str) -> String {
        let style = match meaning {
            Meaning::Plain => return text.to_owned(),
            Meaning::Heading => Style::new().bold(),
            Meaning::Dim => Style::new().dimmed(),
            Meaning::Doubt => Style::new().fg_color(Some(AnsiColor::Yellow.into())),
            Meaning::Alarm => Style::new().fg_color(Some(AnsiColor::Red.into())),
        };
        if self.color && !text.is_empty() { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}

/// Whether to colour what goes to a stream.
pub fn wants_color(when: ColorWhen, stream: &impl anstream::stream::RawStream) -> bool {
    match when {
        ColorWhen::Always => true,
        ColorWhen::Never => false,
        ColorWhen::Auto => anstream::AutoStream::choice(stream) != anstream::ColorChoice::Never,
    }
}

/// Columns of the terminal; without one what COLUMNS says, else 120.
pub fn output_width(to_terminal: bool) -> usize {
    let terminal = if to_terminal { terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)) } else { None };
    let asked = || std::env::var("COLUMNS").ok().and_then(|text| text.trim().parse().ok());
    terminal.or_else(asked).filter(|width| *width > 0).unwrap_or(120).max(40)
}

/// Columns that a text takes.
pub fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// Spaces that fill a text up to a number of columns.
pub fn fill(text: &str, columns: usize) -> String {
    " ".repeat(columns.saturating_sub(width(text)))
}

/// The text on one line without control characters, cut to a number of columns with an ellipsis.
pub fn clip(text: &str, columns: usize) -> String {
    let text = one_line(text);
    if width(&text) <= columns {
        return text;
    }
    let mut out = String::new();
    for ch in text.chars() {
        if width(&out) + width(ch.encode_utf8(&mut [0; 4])) + 1 > columns {
            break;
        }
        out.push(ch);
    }
    out.push('…');
    out
}

/// Marks that turn the direction of text around, so that it shows as something else than it is.
fn turns_text(ch: char) -> bool {
    matches!(ch, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The text with every run of white space, control characters and direction marks as one space, so that nothing in a
/// scanned tree can steer the terminal.
pub fn one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for ch in text.trim().chars() {
        if ch.is_whitespace() || ch.is_control() || turns_text(ch) {
            if !out.ends_with(' ') {
                out.push(' ');
            }
        } else {
            out.push(ch);
        }
    }
    out
}

/// A number with thousands set apart: 1,204.
pub fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number and a noun that agrees with it.
pub fn count(value: u64, one: &str, many: &str) -> String {
    format!("{} {}", number(value), if value == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(["0", "999", "1,204", "1,000,000"].map(String::from), [0, 999, 1204, 1_000_000].map(number));
    }

    #[test]
    fn clipping_counts_columns_and_hides_control_characters() {
        assert_eq!(clip("abcdef", 4), "abc…");
        assert_eq!(clip("日本語", 4), "日…");
        assert_eq!(clip("a\u{1b}[31m\n  b", 20), "a [31m b");
    }
}
