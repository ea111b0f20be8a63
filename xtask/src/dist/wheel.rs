//! A wheel that carries the binary: `pip install` puts it beside the interpreter (binary distribution format, PEP 427).

use super::{Kit, Made, build};
use anyhow::{Result, bail};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use std::io::{Cursor, Write};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

pub fn make(kit: &Kit) -> Result<Made> {
    let tag = format!("py3-none-{}", platform(kit)?);
    let info = format!("apicensus-{}.dist-info", kit.version);
    let metadata = format!(
        "Metadata-Version: 2.4\nName: apicensus\nVersion: {}\nSummary: Reads source code and lists every endpoint that it would serve\n\
         License-Expression: Apache-2.0\nLicense-File: LICENSE\nRequires-Python: >=3.8\nProject-URL: Source, {}\n\
         Description-Content-Type: text/markdown\n\n{}",
        kit.version,
        env!("CARGO_PKG_REPOSITORY"),
        kit.readme
    );
    // A compressed set of tags is written out, one a line.
    let platforms = platform(kit)?;
    let tags: String = platforms.split('.').map(|p| format!("Tag: py3-none-{p}\n")).collect();
    let wheel = format!("Wheel-Version: 1.0\nGenerator: apicensus xtask\nRoot-Is-Purelib: false\n{tags}");
    let files: [(String, u32, &[u8]); 4] = [
        (format!("apicensus-{}.data/scripts/apicensus", kit.version), 0o755, &kit.binary),
        (format!("{info}/METADATA"), 0o644, metadata.as_bytes()),
        (format!("{info}/WHEEL"), 0o644, wheel.as_bytes()),
        (format!("{info}/licenses/LICENSE"), 0o644, kit.licence.as_bytes()),
    ];
    let line = |(name, _, bytes): &(String, u32, &[u8])| {
        format!("{name},sha256={},{}\n", URL_SAFE_NO_PAD.encode(Sha256::digest(bytes)), bytes.len())
    };
    let record = files.iter().map(line).collect::<String>() + &format!("{info}/RECORD,,\n");
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, mode, bytes) in files.iter().chain([&(format!("{info}/RECORD"), 0o644, record.as_bytes())]) {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        zip.start_file(name, options.unix_permissions(*mode).last_modified_time(date(kit.time)?))?;
        zip.write_all(bytes)?;
    }
    Ok(Made { name: format!("apicensus-{}-{tag}.whl", kit.version), bytes: zip.finish()?.into_inner() })
}

/// The platform that pip looks for. A static binary runs on any Linux, so it is both.
fn platform(kit: &Kit) -> Result<String> {
    let (system, cpu) = kit.platform()?;
    match system {
        "linux" if build::is_static(&kit.binary) => Ok(format!("manylinux_2_17_{cpu}.manylinux2014_{cpu}.musllinux_1_1_{cpu}")),
        "linux" => match build::glibc(&kit.binary) {
            Some((major, minor)) => Ok(format!("manylinux_{major}_{minor}_{cpu}")),
            None => bail!("the binary is neither static nor linked against glibc"),
        },
        "darwin" => Ok(format!("macosx_11_0_{}", if cpu == "aarch64" { "arm64" } else { cpu })),
        _ => Ok(if cpu == "x86_64" { "win_amd64".to_owned() } else { format!("win_{}", cpu.replace("aarch64", "arm64")) }),
    }
}

/// Seconds since 1970 as a date (Howard Hinnant's `civil_from_days`).
fn date(time: u64) -> Result<DateTime> {
    let (days, rest) = (time / 86_400 + 719_468, time % 86_400);
    let (era, day) = (days / 146_097, days % 146_097);
    let year_of_era = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let small = |n: u64| u8::try_from(n).unwrap_or(0);
    Ok(DateTime::from_date_and_time(
        u16::try_from(year)?,
        small(month),
        small(day),
        small(rest / 3600),
        small(rest / 60 % 60),
        small(rest % 60),
    )?)
}
