//! How far a scan may go: `--limit NAME=N`. The table of names and defaults stands in docs/performance.md.

use apicensus_source::OpenOptions;
use clap::Args;

/// Arguments about limits.
#[derive(Clone, Debug, Default, Args)]
pub struct LimitArgs {
    /// Change a limit: files, file-kb (a file of code), data-kb (a file of data), steps (an evaluation), module-steps (one file's part).
    /// What reaches a limit is cut, with a trouble; may be given several times.
    #[arg(long, value_name = "NAME=N", value_parser = parse)]
    pub limit: Vec<Limit>,
}

/// One limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Files of a tree.
    Files(u64),
    /// Kilobytes of a file of code.
    FileKilobytes(u64),
    /// Kilobytes of a file of data.
    DataKilobytes(u64),
    /// Steps of an evaluation.
    Steps(u64),
    /// Steps of one module.
    ModuleSteps(u64),
}

/// All limits.
pub struct Limits {
    /// Files of a tree.
    pub files: usize,
    /// Bytes of a file of code.
    pub file_size: u64,
    /// Bytes of a file of data.
    pub data_size: u64,
    /// Those of the evaluation.
    pub evaluation: apicensus_eval::Limits,
}

fn parse(text: &str) -> Result<Limit, String> {
    const NAMES: [&str; 5] = ["files", "file-kb", "data-kb", "steps", "module-steps"];
    let (name, number) = text.split_once('=').ok_or("a limit is written NAME=N, like steps=1000000")?;
    let number: u64 = number.replace('_', "").parse().map_err(|_| format!("`{number}` is no number"))?;
    if number == 0 {
        return Err("a limit of 0 leaves nothing".to_owned());
    }
    Ok(match name {
        "files" => Limit::Files(number),
        "file-kb" => Limit::FileKilobytes(number),
        "data-kb" => Limit::DataKilobytes(number),
        "steps" => Limit::Steps(number),
        "module-steps" => Limit::ModuleSteps(number),
        _ => return Err(format!("unknown limit `{name}`{}", crate::errors::did_you_mean(name, NAMES.into_iter()))),
    })
}

impl LimitArgs {
    /// The limits in force.
    pub fn limits(&self) -> Limits {
        let defaults = OpenOptions::default();
        let evaluation = apicensus_eval::Limits::default();
        let mut limits =
            Limits { files: defaults.max_entries, file_size: defaults.max_file_size, data_size: defaults.max_data_size, evaluation };
        for limit in &self.limit {
            match *limit {
                Limit::Files(n) => limits.files = n as usize,
                Limit::FileKilobytes(n) => limits.file_size = n.saturating_mul(1024),
                Limit::DataKilobytes(n) => limits.data_size = n.saturating_mul(1024),
                Limit::Steps(n) => limits.evaluation.steps = n,
                Limit::ModuleSteps(n) => limits.evaluation.module_steps = n,
            }
        }
        limits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read_and_wrong_ones_refused() {
        assert_eq!(parse("steps=1_000"), Ok(Limit::Steps(1000)));
        assert_eq!(parse("files"), Err("a limit is written NAME=N, like steps=1000000".to_owned()));
        assert_eq!(parse("files=x"), Err("`x` is no number".to_owned()));
        assert!(parse("step=1").is_err_and(|e| e.starts_with("unknown limit `step`") && e.contains("steps")));
        assert!(parse("steps=0").is_err());
        let args = LimitArgs { limit: vec![Limit::FileKilobytes(2), Limit::Files(7)] };
        assert_eq!((args.limits().file_size, args.limits().files), (2048, 7));
    }
}
