//! The archive: binary, README, licence and bill of materials in a folder, as `.tar.gz`.

use super::{Kit, Made};
use anyhow::Result;
use flate2::Compression;
use flate2::GzBuilder;

/// A file of an archive: name, mode, bytes.
pub type File<'a> = (String, u32, &'a [u8]);

pub fn make(kit: &Kit, bill: &Made) -> Result<Made> {
    let folder = format!("apicensus-{}-{}", kit.version, kit.target);
    let files = [
        (format!("{folder}/LICENSE"), 0o644, kit.licence.as_bytes()),
        (format!("{folder}/README.md"), 0o644, kit.readme.as_bytes()),
        (format!("{folder}/apicensus"), 0o755, kit.binary.as_slice()),
        (format!("{folder}/{}", bill.name), 0o644, bill.bytes.as_slice()),
    ];
    Ok(Made { name: format!("{folder}.tar.gz"), bytes: tar_gz(&files, kit.time)? })
}

/// Files in the order given, all of one time and of nobody.
pub fn tar_gz(files: &[File<'_>], time: u64) -> Result<Vec<u8>> {
    let zip = GzBuilder::new().mtime(0).write(Vec::new(), Compression::default());
    let mut tar = tar::Builder::new(zip);
    for (name, mode, bytes) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(*mode);
        header.set_mtime(time);
        tar.append_data(&mut header, name, *bytes)?;
    }
    Ok(tar.into_inner()?.finish()?)
}
