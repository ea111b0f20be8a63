//! Texts put together from parts of the file: what a macro call's tokens are parsed as.

use std::ops::Range;

/// Where bytes of other files are counted from: far behind any file's end.
pub(super) const ELSEWHERE: u32 = 1 << 31;

/// A run of bytes of a text and the bytes of the file it comes from.
#[derive(Clone, Copy, Debug)]
struct Piece {
    start: u32,
    end: u32,
    from: u32,
    to: u32,
    /// It comes from the macro call, not from a macro's definition.
    own: bool,
}

impl Piece {
    fn verbatim(&self) -> bool {
        self.end - self.start == self.to - self.from
    }
    /// Where the file has the byte `at` of the text, or the piece's start.
    fn start_at(&self, at: u32) -> u32 {
        if self.verbatim() { self.from + (at.max(self.start) - self.start) } else { self.from }
    }
    /// Where the file has the end `at` of the text, or the piece's end.
    fn end_at(&self, at: u32) -> u32 {
        if self.verbatim() { self.from + (at.min(self.end) - self.start) } else { self.to }
    }
}

/// A text with the origin of its parts.
#[derive(Debug, Default)]
pub(super) struct Text {
    text: String,
    pieces: Vec<Piece>,
    /// For each piece the next that is the call's own, itself included.
    next_own: Vec<u32>,
    /// For each piece the previous that is the call's own, itself included.
    previous_own: Vec<u32>,
    /// The macro call's bytes in the file: what parts without an origin are taken for.
    call: (u32, u32),
}

impl Text {
    /// An empty text for the macro call standing at these bytes of the file.
    pub fn new(call: (u32, u32)) -> Self {
        Self { call, ..Self::default() }
    }

    /// The bytes to parse.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The macro call's bytes in the file.
    pub fn call(&self) -> (u32, u32) {
        self.call
    }

    /// Appends text that stands nowhere in the file.
    pub fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Appends text that comes from these bytes of the file.
    pub fn push_from(&mut self, text: &str, from: u32, to: u32) {
        let start = self.text.len() as u32;
        self.text.push_str(text);
        let own = from >= self.call.0 && to <= self.call.1;
        self.pieces.push(Piece { start, end: self.text.len() as u32, from, to, own });
    }

    /// Appends a part of another text with its origins.
    pub fn push_part(&mut self, other: &Text, range: Range<usize>) {
        let (low, high) = (range.start as u32, range.end as u32);
        let shift = self.text.len() as u32;
        self.text.push_str(other.text.get(range).unwrap_or_default());
        let begin = other.pieces.partition_point(|piece| piece.end <= low);
        for piece in other.pieces.iter().skip(begin).take_while(|piece| piece.start < high) {
            let (start, end) = (piece.start.max(low), piece.end.min(high));
            let (from, to) = (piece.start_at(start), piece.end_at(end));
            self.pieces.push(Piece { start: start - low + shift, end: end - low + shift, from, to, own: piece.own });
        }
    }

    /// Prepares the text for [`Text::file_range`].
    pub fn finish(mut self) -> Self {
        let count = self.pieces.len();
        let mut seen = u32::MAX;
        self.previous_own = Vec::with_capacity(count);
        for (at, piece) in self.pieces.iter().enumerate() {
            seen = if piece.own { at as u32 } else { seen };
            self.previous_own.push(seen);
        }
        seen = u32::MAX;
        self.next_own = vec![seen; count];
        for (at, piece) in self.pieces.iter().enumerate().rev() {
            seen = if piece.own { at as u32 } else { seen };
            self.next_own[at] = seen;
        }
        self
    }

    /// The bytes of the file that a range of the text stands for: exactly its origin when it has one, else what of it the
    /// macro call wrote, else the whole call.
    pub fn file_range(&self, start: u32, end: u32) -> (u32, u32) {
        let first = self.pieces.partition_point(|piece| piece.end <= start);
        let after = self.pieces.partition_point(|piece| piece.start < end.max(start + 1));
        if first >= after {
            return self.call;
        }
        let last = after - 1;
        if first == last {
            let piece = &self.pieces[first];
            return (piece.start_at(start), piece.end_at(end).max(piece.start_at(start)));
        }
        let own = |at: Option<&u32>| at.and_then(|at| self.pieces.get(*at as usize));
        match (own(self.next_own.get(first)), own(self.previous_own.get(last))) {
            (Some(a), Some(b)) if a.start <= b.start => {
                let (low, high) = (a.start_at(start), b.end_at(end));
                (low.min(b.start_at(start)), high.max(a.end_at(end)))
            }
            _ => self.call,
        }
    }
}
