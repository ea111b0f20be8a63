//! A plain table: a head and rows of cells, for the terminal and as Markdown. Nothing is cut.

use crate::markdown;
use crate::rows::Word;
use crate::style::{Look, Meaning, fill, width};

/// A table.
#[derive(Debug, Default)]
pub struct Grid {
    /// The names of the columns.
    pub head: Vec<String>,
    /// The rows, a cell a column.
    pub rows: Vec<Vec<Word>>,
    /// Columns whose cells are code in Markdown.
    pub code: Vec<usize>,
}

impl Grid {
    /// Aligned columns; those in which no row has anything are left out.
    pub fn table(&self, look: &Look) -> String {
        let widths: Vec<usize> = (0..self.head.len())
            .map(|at| match self.rows.iter().filter_map(|row| row.get(at)).map(|cell| width(&cell.0)).max().unwrap_or(0) {
                0 => 0,
                some => some.max(width(&self.head[at])),
            })
            .collect();
        let head: Vec<Word> = self.head.iter().map(|name| (name.to_uppercase(), Meaning::Dim)).collect();
        let mut out = String::new();
        for row in std::iter::once(&head).chain(&self.rows) {
            let mut line = String::new();
            let mut owed = 0;
            for ((text, meaning), columns) in row.iter().zip(&widths).filter(|(_, columns)| **columns > 0) {
                line.push_str(&" ".repeat(owed + 2));
                line.push_str(&look.paint(*meaning, text));
                owed = width(&fill(text, *columns));
            }
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out
    }

    /// A Markdown table.
    pub fn markdown(&self) -> String {
        let mut out = String::new();
        markdown::line(&mut out, self.head.iter().map(|name| markdown::escape(name)));
        markdown::line(&mut out, self.head.iter().map(|_| "---".to_owned()));
        for row in &self.rows {
            let cell = |(at, (text, _)): (usize, &Word)| match self.code.contains(&at) && !text.is_empty() {
                true => markdown::code(text),
                false => markdown::escape(text),
            };
            markdown::line(&mut out, row.iter().enumerate().map(cell));
        }
        out
    }
}
