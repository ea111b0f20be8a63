//! The table for the terminal: grouped by service, aligned, as wide as the terminal and no wider.
//!
//! Nothing is cut. One set of columns serves all services. The path column is made as wide as lets the most rows stand on
//! one line; the handler of any other row goes to the next line. When that would be most rows, as in a narrow window,
//! every handler does.

use crate::filter::Hidden;
use crate::rows::{Row, Titles, Word, auth_is_unknown, by_service, service_title};
use crate::style::{Look, Meaning, count, fill, width};
use crate::summary;
use apicensus_catalog::{Catalog, Service};

const GAP: &str = "  ";
/// The widest path column when handlers stand on lines of their own, so that flags stay near their paths.
const WIDEST_STACKED: usize = 52;

/// The whole output of a scan for people.
pub fn render(catalog: &Catalog, hidden: &Hidden, titles: &Titles, look: &Look) -> String {
    let mut out = String::new();
    let services = by_service(catalog);
    let layout = Layout::new(&services, !auth_is_unknown(catalog), look.width);
    for (service, rows) in &services {
        heading(&mut out, service, rows, &layout, catalog, titles, look);
        layout.header(&mut out, look);
        let mut was_detached = false;
        for row in rows {
            if row.detached && !was_detached {
                let note = "  not mounted by anything visible; a prefix may be missing:";
                out.push_str(&look.paint(Meaning::Dim, note));
                out.push('\n');
            }
            was_detached = row.detached;
            layout.row(&mut out, row, look);
        }
        out.push('\n');
    }
    summary::for_people(&mut out, catalog, hidden, look);
    out
}

fn heading(out: &mut String, service: &Service, rows: &[Row], layout: &Layout, catalog: &Catalog, titles: &Titles, look: &Look) {
    let mut pieces = service_title(service, catalog, titles);
    let number = count(rows.len() as u64, "endpoint", "endpoints");
    let plain = pieces.join(" · ");
    let name = look.paint(Meaning::Heading, &pieces.remove(0));
    let mut line = name;
    for piece in &pieces {
        line.push_str(" · ");
        line.push_str(piece);
    }
    let space = layout.total.saturating_sub(width(&plain) + width(&number)).max(2);
    out.push_str(&line);
    out.push_str(&" ".repeat(space));
    out.push_str(&number);
    out.push('\n');
}

/// Widths of the columns; zero for a column that has nothing to say.
#[derive(Debug)]
struct Layout {
    method: usize,
    path: usize,
    auth: usize,
    flags: usize,
    /// Handlers stand on lines of their own.
    stacked: bool,
    /// Columns to stay within.
    width: usize,
    /// Columns that are used.
    total: usize,
}

impl Layout {
    fn new(services: &[(&Service, Vec<Row>)], with_auth: bool, columns: usize) -> Layout {
        let rows: Vec<&Row> = services.iter().flat_map(|(_, rows)| rows).collect();
        let most = |of: &dyn Fn(&Row) -> usize| rows.iter().map(|row| of(row)).max().unwrap_or(0);
        let method = most(&|row| width(&row.method)).max("METHOD".len());
        let auth = if with_auth { most(&|row| width(&row.auth.0)).max("AUTH".len()) } else { 0 };
        let flags = match most(&|row| width(&row.flag_text())) {
            0 => 0,
            some => some.max("FLAGS".len()),
        };
        let mut layout = Layout { method, path: 0, auth, flags, stacked: false, width: columns, total: 0 };
        layout.choose_path_width(&rows);
        layout.total = layout.used(&rows).min(columns);
        layout
    }

    /// The path width that lets the most rows stand on one line; the smallest of these.
    fn choose_path_width(&mut self, rows: &[&Row]) {
        let mut candidates: Vec<usize> = rows.iter().map(|row| width(&row.path).max("PATH".len())).collect();
        candidates.sort_unstable();
        candidates.dedup();
        let measured: Vec<(usize, usize)> = rows.iter().map(|row| (width(&row.path), width(&row.handler_text()))).collect();
        let mut best = (0, "PATH".len());
        for candidate in candidates {
            self.path = candidate;
            let room = self.width.saturating_sub(self.handler_column());
            let fitting = measured.iter().filter(|(path, handler)| *path <= candidate && *handler <= room).count();
            if fitting > best.0 {
                best = (fitting, candidate);
            }
        }
        self.path = best.1;
        self.stacked = best.0 * 2 < rows.len();
        if self.stacked {
            let room = self.width.saturating_sub(self.handler_column() - self.path).min(WIDEST_STACKED);
            self.path = measured.iter().map(|(path, _)| *path).filter(|path| *path <= room).max().unwrap_or_default().max("PATH".len());
        }
    }

    fn used(&self, rows: &[&Row]) -> usize {
        let mut used = self.handler_column();
        for row in rows {
            let handler = width(&row.handler_text());
            used = used.max(match self.shape(row) {
                Shape::OneLine | Shape::UnderColumn => self.handler_column() + handler,
                Shape::UnderPath => self.under_path() + handler,
            });
        }
        used
    }

    fn path_column(&self) -> usize {
        GAP.len() + self.method + GAP.len()
    }

    fn handler_column(&self) -> usize {
        let mut column = self.path_column() + self.path + GAP.len();
        for of in [self.auth, self.flags] {
            if of > 0 {
                column += of + GAP.len();
            }
        }
        column
    }

    fn under_path(&self) -> usize {
        self.path_column() + GAP.len()
    }

    fn shape(&self, row: &Row) -> Shape {
        let fits = self.handler_column() + width(&row.handler_text()) <= self.width;
        match (self.stacked, fits, width(&row.path) <= self.path) {
            (false, true, true) => Shape::OneLine,
            (false, true, false) => Shape::UnderColumn,
            _ => Shape::UnderPath,
        }
    }

    fn header(&self, out: &mut String, look: &Look) {
        let mut line = Line::new(look);
        line.put(GAP.len(), &[("METHOD", Meaning::Dim)]);
        line.put(self.path_column(), &[("PATH", Meaning::Dim)]);
        let mut column = self.path_column() + self.path + GAP.len();
        for (of, word) in [(self.auth, "AUTH"), (self.flags, "FLAGS")] {
            if of > 0 {
                line.put(column, &[(word, Meaning::Dim)]);
                column += of + GAP.len();
            }
        }
        if !self.stacked {
            line.put(column, &[("HANDLER", Meaning::Dim)]);
        }
        line.end(out);
    }

    fn row(&self, out: &mut String, row: &Row, look: &Look) {
        let shape = self.shape(row);
        let mut line = Line::new(look);
        line.put(GAP.len(), &[(&row.method, Meaning::Plain)]);
        line.put_path(self.path_column(), row);
        if width(&row.path) > self.path {
            // The aligned columns of an overlong path stand below it.
            line.end(out);
            line = Line::new(look);
        }
        let mut column = self.path_column() + self.path + GAP.len();
        if self.auth > 0 {
            line.put(column, &[(&row.auth.0, row.auth.1)]);
            column += self.auth + GAP.len();
        }
        if self.flags > 0 {
            line.put_words(column, &row.flags);
        }
        let handler = [(row.place.as_str(), Meaning::Plain), (row.symbol.as_str(), Meaning::Plain)];
        match shape {
            Shape::OneLine | Shape::UnderColumn => line.put(self.handler_column(), &handler),
            Shape::UnderPath => {
                line.end(out);
                line = Line::new(look);
                line.put(self.under_path(), &handler.map(|(text, _)| (text, Meaning::Dim)));
            }
        }
        line.end(out);
    }
}

/// Where a row's handler stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    OneLine,
    /// On the next line, in the column of handlers.
    UnderColumn,
    /// On the next line, below the path.
    UnderPath,
}

/// A line that is filled from left to right.
struct Line<'a> {
    look: &'a Look,
    text: String,
    at: usize,
}

impl<'a> Line<'a> {
    fn new(look: &'a Look) -> Line<'a> {
        Line { look, text: String::new(), at: 0 }
    }

    /// Texts from a column on, a space between.
    fn put(&mut self, column: usize, texts: &[(&str, Meaning)]) {
        let mut first = true;
        for (text, meaning) in texts.iter().filter(|(text, _)| !text.is_empty()) {
            let column = if first { column } else { self.at + 1 };
            first = false;
            self.text.push_str(&" ".repeat(column.saturating_sub(self.at)));
            self.text.push_str(&self.look.paint(*meaning, text));
            self.at = self.at.max(column) + width(text);
        }
    }

    fn put_words(&mut self, column: usize, words: &[Word]) {
        let words: Vec<(&str, Meaning)> = words.iter().map(|(text, meaning)| (text.as_str(), *meaning)).collect();
        self.put(column, &words);
    }

    /// A path, its holes in the colour of doubt.
    fn put_path(&mut self, column: usize, row: &Row) {
        self.put(column, &[("", Meaning::Plain)]);
        self.text.push_str(&fill("", column.saturating_sub(self.at)));
        let mut rest = row.path.as_str();
        while let Some(start) = rest.find("{?") {
            let end = rest[start..].find('}').map_or(rest.len(), |end| start + end + 1);
            self.text.push_str(&rest[..start]);
            self.text.push_str(&self.look.paint(Meaning::Doubt, &rest[start..end]));
            rest = &rest[end..];
        }
        self.text.push_str(rest);
        self.at = self.at.max(column) + width(&row.path);
    }

    fn end(self, out: &mut String) {
        if !self.text.trim().is_empty() {
            out.push_str(self.text.trim_end());
            out.push('\n');
        }
    }
}
