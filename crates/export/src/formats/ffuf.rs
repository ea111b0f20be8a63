//! A wordlist for ffuf (`-u https://host/FUZZ -w FILE`): paths without their first slash, each once, with samples for
//! parameters: <https://github.com/ffuf/ffuf#usage>.

use crate::operation::operations;
use crate::{Exported, Exporter, Input};
use std::collections::BTreeSet;

pub struct Ffuf;

impl Exporter for Ffuf {
    fn name(&self) -> &'static str {
        "ffuf"
    }
    fn about(&self) -> &'static str {
        "Wordlist for ffuf, paths"
    }
    fn write(&self, input: &Input<'_>) -> Exported {
        let (operations, left_out) = operations(input);
        let words: BTreeSet<String> = operations.iter().map(|o| o.sample_path().trim_start_matches('/').to_owned()).collect();
        Exported::text(words.iter().filter(|w| !w.is_empty()).map(|w| format!("{w}\n")).collect(), left_out)
    }
}
